// A server that stays listed, in C# for Unity 2021 or newer (not WebGL) and for any .NET or Mono.
// In Unity: put this file and RollcallBehaviour.cs into Assets. Elsewhere, see Program.cs.
using System;
using System.Net.Http;
using System.Text;
using System.Text.RegularExpressions;
using System.Threading;
using System.Threading.Tasks;

public sealed class RollcallServer {
    static readonly HttpClient Http = new HttpClient { Timeout = TimeSpan.FromSeconds(10) };
    readonly string url, token, id, entry;

    /// The id and the endpoint go into JSON as they are: no quotes, no backslashes. The token may be null.
    public RollcallServer(string url, string token, string id, string endpoint) {
        this.url = url; this.token = token; this.id = id;
        entry = "{\"serverId\":\"" + id + "\",\"endpoint\":\"" + endpoint + "\",\"publicKey\":\"none\"," +
            "\"region\":\"eu\",\"metadata\":{\"name\":\"From C#\",\"players\":0}}";
    }

    /// The list as JSON: {"servers":[{"serverId":…,"endpoint":…}],"timestamp":…}. Unity's JsonUtility reads it.
    public async Task<string> List() { return (await Ask("GET", "/servers", null)).Item2; }

    /// Keeps the server on the list until it is cancelled, then takes it off.
    public async Task Run(Action<string> log, CancellationToken leaving) {
        var random = new Random();
        bool registered = false; double paceMs = 60000; int failures = 0;
        while (!leaving.IsCancellationRequested) {
            var beat = registered // add "metadata" whenever it changes
                ? await Ask("POST", "/servers/heartbeat", "{\"serverId\":\"" + id + "\",\"peers\":false}")
                : await Ask("POST", "/servers", entry);
            double waitMs = paceMs * (0.9 + random.NextDouble() / 10);
            if (beat.Item1 == 200 && registered) failures = 0;
            else if (beat.Item1 == 200) {
                registered = true; failures = 0;
                waitMs = paceMs = double.Parse(Regex.Match(beat.Item2, "\"heartbeatEveryMs\":(\\d+)").Groups[1].Value);
                log("registered; the list: " + await List());
            } else if (beat.Item1 == 404 && registered) { registered = false; waitMs = 0; } // register again at once
            else {
                log("failed with " + beat.Item1 + ": " + beat.Item2);
                failures = Math.Min(failures + 1, 10); // spread at random, so that not all come back in one moment
                waitMs = Math.Min(paceMs, 500 * Math.Pow(2, failures)) * (0.5 + random.NextDouble() / 2) + beat.Item3;
            }
            try { await Task.Delay((int)waitMs, leaving); } catch (TaskCanceledException) { }
        }
        log("deregistered: " + (await Ask("DELETE", "/servers/" + Uri.EscapeDataString(id), null)).Item1);
    }

    /// Status (0 where nothing answered), answer, and the milliseconds that the registry asks to wait.
    async Task<Tuple<int, string, double>> Ask(string method, string path, string body) {
        var request = new HttpRequestMessage(new HttpMethod(method), url + path);
        if (token != null) request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + token);
        if (body != null) request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        try {
            var answer = await Http.SendAsync(request);
            var waitMs = (answer.Headers.RetryAfter?.Delta ?? TimeSpan.Zero).TotalMilliseconds;
            return Tuple.Create((int)answer.StatusCode, await answer.Content.ReadAsStringAsync(), waitMs);
        } catch (Exception error) { return Tuple.Create(0, error.Message, 0.0); }
    }
}
