# A server that stays listed, for Godot 3.2 or newer. In a game: add it as an autoload named Rollcall, and
# `yield(Rollcall.leave(), "completed")` before get_tree().quit(). Godot 4: examples/godot.
# Run: REGISTRY_URL=http://localhost:8787 RUN_FOR_S=60 godot3-server --path examples/godot3
extends Node

var url = OS.get_environment("REGISTRY_URL") if OS.has_environment("REGISTRY_URL") else "http://localhost:8787"
# From the environment: whatever is in an export can be read by every player.
var token = OS.get_environment("REGISTRY_TOKEN")
var id = OS.get_environment("SERVER_ID") if OS.has_environment("SERVER_ID") else "godot3-1"
var metadata = { "name": "From Godot 3", "players": 0 } # change it as you like: it goes with the next heartbeat
var _leaving = false

func _ready():
	randomize()
	var registered = false
	var pace = 60.0
	var failures = 0
	var entry = { "serverId": id, "endpoint": "wss://%s.example:7777" % id, "publicKey": "none", "region": "eu" }
	while not _leaving:
		entry.metadata = metadata
		var stay = { "serverId": id, "peers": false, "metadata": metadata }
		var path = "/servers/heartbeat" if registered else "/servers"
		var beat = yield(_ask(HTTPClient.METHOD_POST, path, stay if registered else entry), "completed")
		var wait = pace * rand_range(0.9, 1.0)
		if beat.status == 200:
			failures = 0
			if not registered:
				registered = true
				pace = beat.answer.lease.heartbeatEveryMs / 1000.0
				wait = pace
				var listed = yield(_ask(HTTPClient.METHOD_GET, "/servers"), "completed")
				print("registered; the list: ", listed.answer)
		elif beat.status == 404 and registered:
			registered = false # swept or deregistered: register again at once
			wait = 0.01
		else:
			print("failed with %d: %s" % [beat.status, beat.answer])
			failures = min(failures + 1, 10) # spread at random, so that not all come back in one moment
			wait = min(pace, 0.5 * pow(2, failures)) * rand_range(0.5, 1.0) + beat.retry_after
		yield(get_tree().create_timer(wait), "timeout")

func leave():
	_leaving = true
	yield(_ask(HTTPClient.METHOD_DELETE, "/servers/" + id.percent_encode()), "completed")

# Status (0 where nothing answered), answer, and the seconds that the registry asks to wait.
func _ask(method, path, body = null):
	var http = HTTPRequest.new()
	http.timeout = 10
	add_child(http)
	var headers = ["Content-Type: application/json"]
	if token != "": headers.append("Authorization: Bearer " + token)
	http.request(url + path, headers, true, method, "" if body == null else to_json(body))
	var done = yield(http, "request_completed") # result, status, headers, body
	http.queue_free()
	var retry_after = 0.0
	for header in done[2]:
		if header.to_lower().begins_with("retry-after:"): retry_after = float(header.split(":")[1])
	return { "status": done[1], "answer": parse_json(done[3].get_string_from_utf8()), "retry_after": retry_after }
