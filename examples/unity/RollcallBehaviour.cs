// Keeps a Unity server on the list while its scene runs. Add it to an object of the first scene and fill in the fields.
// Not for WebGL, which has no HttpClient: a page lists itself as examples/browser does.
using System.Threading;
using System.Threading.Tasks;
using UnityEngine;

public sealed class RollcallBehaviour : MonoBehaviour
{
    [SerializeField] string registryUrl = "http://localhost:8787";
    [SerializeField] string serverId = "unity-1";
    [SerializeField] string endpoint = "wss://unity-1.example:7777";
    readonly CancellationTokenSource leaving = new CancellationTokenSource();
    Task running;

    void Start()
    {
        // The token comes from the environment: whatever is in a build can be read by every player.
        var token = System.Environment.GetEnvironmentVariable("REGISTRY_TOKEN");
        var server = new RollcallServer(registryUrl, token, serverId, endpoint);
        running = Task.Run(() => server.Run(Debug.Log, leaving.Token));
    }

    void OnApplicationQuit()
    {
        leaving.Cancel();
        running.Wait(2000); // as long as a player waits for a window to close
    }
}
