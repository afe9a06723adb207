using System.Net.Sockets;
using System.Text;

namespace HpcGrid.SimBatch.Calls;

/// <summary>The commands themselves: each hands its words to the daemon and says what that answers. Launchers then start their tasks.</summary>
internal static class Caller
{
    private const int Interrupted = 128 + Cluster.Signals.Term;

    /// <summary>The exit code.</summary>
    /// <param name="dialect">For what is said when nobody answers.</param>
    /// <param name="home">The cluster's folder.</param>
    /// <param name="command">sbatch, qstat, …</param>
    /// <param name="words">Its arguments.</param>
    public static int Run(Func<Dialect> dialect, string home, string command, IReadOnlyList<string> words)
    {
        try
        {
            using var stream = Wire.Connect(home);
            using var reader = Wire.Reader(new BufferedStream(stream, 64 * 1024));
            using var writer = Wire.Writer(stream);
            writer.Write(command);
            Wire.Write(writer, words);
            writer.Write(Environment.CurrentDirectory);
            Wire.Write(writer, Environment.GetEnvironmentVariables().Cast<System.Collections.DictionaryEntry>()
                .ToDictionary(entry => (string)entry.Key, entry => (string?)entry.Value ?? ""));
            writer.Flush();
            while (reader.ReadByte() == Wire.WantsInput)
            {
                using var input = new MemoryStream();
                using (var from = Console.OpenStandardInput()) from.CopyTo(input);
                Wire.Write(writer, input.ToArray());
                writer.Flush();
            }
            Print(Console.OpenStandardOutput(), Wire.ReadBytes(reader));
            Print(Console.OpenStandardError(), Wire.ReadBytes(reader));
            var code = reader.ReadInt32();
            return Wire.ReadPlan(reader) is { } plan ? new Launch(plan).Run() : code;
        }
        catch (Exception e) when (e is SocketException or IOException or DirectoryNotFoundException)
        {
            var (code, error) = command == Desk.Own ? (Interrupted, $"simbatch: nothing runs in {home}: {e.Message}\n") : dialect().Unreachable(command);
            Print(Console.OpenStandardError(), Encoding.UTF8.GetBytes(error));
            return code;
        }
    }

    private static void Print(Stream to, byte[] text)
    {
        using (to) to.Write(text);
    }
}
