namespace HpcGrid.Agent.Processes;

/// <summary>GPUs of this node, as its kernel tells of them.</summary>
internal static class Gpus
{
    private const string NvidiaDevices = "/proc/driver/nvidia/gpus";

    /// <summary>How many there are; 0 where no driver says so.</summary>
    public static int Count() => Directory.Exists(NvidiaDevices) ? Directory.GetDirectories(NvidiaDevices).Length : 0;
}
