// Runs RollcallServer outside of Unity, until Enter is pressed or its input ends.
// Run: mcs -r:System.Net.Http -out:/tmp/server.exe examples/unity/RollcallServer.cs examples/unity/Program.cs && mono /tmp/server.exe
using System;
using System.Threading;

static class Program
{
    static void Main()
    {
        var url = Environment.GetEnvironmentVariable("REGISTRY_URL") ?? "http://localhost:8787";
        var token = Environment.GetEnvironmentVariable("REGISTRY_TOKEN");
        var id = Environment.GetEnvironmentVariable("SERVER_ID") ?? "csharp-1";
        var leaving = new CancellationTokenSource();
        var running = new RollcallServer(url, token, id, "wss://" + id + ".example:7777").Run(Console.WriteLine, leaving.Token);
        Console.ReadLine();
        leaving.Cancel();
        running.Wait();
    }
}
