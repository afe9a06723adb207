using System.Text;
using HpcGrid.Cli.Output;
using HpcGrid.Core;
using HpcGrid.Core.Api;

namespace HpcGrid.Cli.Live;

/// <summary>
/// One file of a running job, shown as it grows: how far it has been shown, and where the bytes go. A byte is shown once and none is left out; a new
/// attempt writes the file anew, and that is said.
/// </summary>
/// <param name="path">Relative to the sandbox.</param>
/// <param name="sink">Where its bytes go.</param>
internal sealed class FollowedFile(string path, ByteSink sink)
{
    private (int Attempt, string Node)? _place;

    public string Path => path;

    /// <summary>Bytes of the current attempt shown so far.</summary>
    public long Shown { get; private set; }

    /// <summary>Bytes shown of any attempt.</summary>
    public bool HasShown { get; private set; }

    /// <summary>Where it was last seen; null for never.</summary>
    public (int Attempt, string Node)? Place => _place;

    /// <summary>Looks once; true when there may be more at once. Throws what central throws, but not for a file that is not there yet.</summary>
    public async Task<bool> Look(Session session, long job, CancellationToken ct)
    {
        Peeked peeked;
        try { peeked = await session.Ask(new PeekJob(job, PeekKind.File, path, Shown), ct); }
        catch (GridError e) when (e.Code == ErrorCode.NotFound) { return false; }
        if (_place is { } place && (peeked.Attempt, peeked.Node) != place || peeked.Size < Shown)
        {
            sink.Remark($"-- {path} begins anew: attempt {peeked.Attempt} on {peeked.Node} --");
            (Shown, _place) = (0, (peeked.Attempt, peeked.Node));
            return true;
        }
        _place = (peeked.Attempt, peeked.Node);
        Show(peeked.Offset, peeked.Bytes);
        return Shown < peeked.Size;
    }

    /// <summary>Shows what of these bytes has not been shown; false when some before them are missing.</summary>
    public bool Show(long offset, ReadOnlySpan<byte> bytes)
    {
        if (offset > Shown) return false;
        var known = (int)Math.Min(Shown - offset, bytes.Length);
        sink.Write(bytes[known..]);
        Shown += bytes.Length - known;
        HasShown |= bytes.Length > known;
        return true;
    }

    /// <summary>Bytes before what is kept are lost: says so and goes on behind them.</summary>
    public void Skip(long to)
    {
        sink.Remark($"-- {to - Shown} bytes of {path} are not kept --");
        Shown = to;
    }

    public void Remark(string text) => sink.Remark(text);

    /// <summary>The end of it has been shown.</summary>
    public void End() => sink.End();
}

/// <summary>Where the bytes of a job go: to a pipe as they are, to a terminal as text that cannot move its cursor. Remarks go to standard error.</summary>
internal sealed class ByteSink
{
    private readonly Terminal _terminal;
    private readonly Stream? _raw;
    private readonly TextWriter? _text;
    private readonly Decoder _decoder = Encoding.UTF8.GetDecoder();
    private readonly bool _live;
    private bool _midLine;

    private ByteSink(Terminal terminal, Stream? raw, TextWriter? text, bool live) => (_terminal, _raw, _text, _live) = (terminal, raw, text, live);

    public static ByteSink Output(Terminal terminal) =>
        terminal.OutputIsLive ? new(terminal, null, terminal.Output, true) : new(terminal, terminal.OutputStream(), null, false);

    public static ByteSink Error(Terminal terminal) => new(terminal, null, terminal.Error, terminal.ErrorIsLive);

    public void Write(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length == 0) return;
        _midLine = bytes[^1] != '\n';
        if (_raw is not null)
        {
            _raw.Write(bytes);
            _raw.Flush();
            return;
        }
        var text = new char[bytes.Length + 1];
        var length = _decoder.GetChars(bytes, text, flush: false);
        var decoded = new string(text, 0, length);
        _text!.Write(_live ? Words.Printable(decoded, keepLines: true) : decoded);
        _text.Flush();
    }

    public void Remark(string text)
    {
        EndLine();
        _terminal.Error.WriteLine(Words.Printable(text));
    }

    public void End()
    {
        EndLine();
        _raw?.Dispose();
    }

    /// <summary>On a terminal nothing follows in the middle of a line.</summary>
    private void EndLine()
    {
        if (_midLine && _live) _text!.WriteLine();
        _midLine = false;
    }
}
