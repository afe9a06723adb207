using System.Text;
using Microsoft.Win32.SafeHandles;

namespace HpcGrid.Cli.Output;

/// <summary>
/// Standard output that tells when nobody reads it any more, as behind `| head`: a command ends then instead of going on to its end for nothing.
/// Trap: .NET's own console stream passes over EPIPE without a word, and its runtime ignores SIGPIPE.
/// </summary>
internal static class ClosedOutput
{
    private const int StandardOutput = 1, BrokenPipe = 32;

    /// <summary>The writer for a pipe or socket; the console's own for terminals and files, where it also keeps the place.</summary>
    public static TextWriter Writer() => Pipe() is { } pipe
        ? TextWriter.Synchronized(new StreamWriter(pipe, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)) { AutoFlush = true })
        : Console.Out;

    /// <summary>The same for bytes.</summary>
    public static Stream Stream() => Pipe() ?? Console.OpenStandardOutput();

    /// <summary>True when it, or what it was made of, says that the reader is gone.</summary>
    public static bool Is(Exception e)
    {
        for (Exception? at = e; at is not null; at = at.InnerException)
            if (at is IOException { HResult: BrokenPipe }) return true;
        return e is AggregateException { InnerExceptions: var several } && several.Any(Is);
    }

    private static FileStream? Pipe()
    {
        if (!Console.IsOutputRedirected) return null;
        var stream = new FileStream(new SafeFileHandle(StandardOutput, ownsHandle: false), FileAccess.Write, bufferSize: 0);
        if (!stream.CanSeek) return stream;
        stream.Dispose();
        return null;
    }
}
