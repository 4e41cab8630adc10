"""A server that stays listed, with Python 3.9 or newer and its standard library.
Run: REGISTRY_URL=http://localhost:8787 python3 examples/python/server.py
"""
import json, os, random, signal, sys, threading, urllib.error, urllib.parse, urllib.request

URL = os.environ.get("REGISTRY_URL", "http://localhost:8787")
TOKEN = os.environ.get("REGISTRY_TOKEN")
ID = os.environ.get("SERVER_ID", "python-1")
SERVER = {
    "serverId": ID,
    "endpoint": f"wss://{ID}.example:7777",
    "publicKey": "none",
    "region": "eu",
    "metadata": {"name": "From Python", "players": 0},
}


def ask(method, path, body=None):  # status (0 where nothing answered), answer, seconds the registry asks to wait
    # Cloudflare turns away the User-Agent that Python sends of itself.
    headers = {"Content-Type": "application/json", "User-Agent": "my-game/1.0"}
    if TOKEN:
        headers["Authorization"] = f"Bearer {TOKEN}"
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(URL + path, data, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=10) as response:
            return response.status, json.load(response), 0
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode(errors="replace"), int(error.headers.get("Retry-After", 0))
    except (OSError, ValueError) as error:
        return 0, str(error), 0


leaving = threading.Event()
for name in (signal.SIGINT, signal.SIGTERM):
    signal.signal(name, lambda *_: leaving.set())

registered, pace, failures = False, 60.0, 0
while not leaving.is_set():
    if registered:  # add "metadata" whenever it changes
        status, answer, retry_after = ask("POST", "/servers/heartbeat", {"serverId": ID, "peers": False})
    else:
        status, answer, retry_after = ask("POST", "/servers", SERVER)
    wait = pace * random.uniform(0.9, 1)
    if status == 200:
        failures = 0
        if not registered:
            registered, pace = True, answer["lease"]["heartbeatEveryMs"] / 1000
            wait = pace
            listed = ask("GET", "/servers")[1]
            print("registered; the list:", [entry["serverId"] for entry in listed["servers"]], flush=True)
    elif status == 404 and registered:
        registered, wait = False, 0  # swept or deregistered: register again at once
    else:
        print(f"failed with {status}: {answer}", file=sys.stderr)
        failures += 1
        # Spread at random, so that a thousand servers don't come back in one moment.
        wait = min(pace, 0.5 * 2 ** min(failures, 10)) * random.uniform(0.5, 1) + retry_after
    leaving.wait(wait)
print("deregistered:", ask("DELETE", "/servers/" + urllib.parse.quote(ID, safe=""))[0])
