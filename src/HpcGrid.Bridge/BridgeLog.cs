using System.Globalization;
using Serilog;

namespace HpcGrid.Bridge;

/// <summary>Rolling files in the state directory, and the console when people look.</summary>
internal static class BridgeLog
{
    private const int FilesKept = 10;
    private const long LargestFile = 50 * 1024 * 1024;

    public static Serilog.Core.Logger Create(BridgeOptions options)
    {
        var configuration = new LoggerConfiguration()
            .MinimumLevel.Information()
            .WriteTo.File(Path.Combine(options.State, "log", "bridge.log"), formatProvider: CultureInfo.InvariantCulture,
                rollOnFileSizeLimit: true, fileSizeLimitBytes: LargestFile, retainedFileCountLimit: FilesKept);
        return (Console.IsErrorRedirected ? configuration : configuration.WriteTo.Console(formatProvider: CultureInfo.InvariantCulture)).CreateLogger();
    }
}
