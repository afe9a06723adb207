using System.Text;
using HpcGrid.Cli.Files;
using HpcGrid.Cli.Jobs;
using HpcGrid.Cli.Output;
using HpcGrid.Core;
using HpcGrid.Core.Api;
using HpcGrid.Core.Data;

namespace HpcGrid.Cli.Live;

/// <summary>
/// Follows files of a job on its node to its end (R-A41): asks for what lies behind the bytes already shown, so that nothing is lost and nothing comes
/// twice. When the job has ended, the rest is taken from the saved file, or from the end of it that is always kept. Ending it ends no job.
/// </summary>
internal sealed class LogFollower(Session session, long job, IReadOnlyList<FollowedFile> files)
{
    private string _said = "";

    /// <summary>Until the job has ended and all is shown; its last line.</summary>
    public async Task<JobLine> Follow(CancellationToken ct)
    {
        for (var pause = Limits.FirstLook; ;)
        {
            var line = (await session.Ask(new DescribeJob(job), ct)).Line;
            if (line.Children is not null)
                throw GridError.Invalid($"job {job} is a master and writes nothing itself", $"Follow one of its subjobs: hpcgrid ps --master {job} --running.");
            if (JobText.IsFinal(line.State))
            {
                await ShowRest(ct);
                return line;
            }
            var more = line.State is "STARTED" or "RUNNING" && await Look(line, ct);
            if (line.State is not ("STARTED" or "RUNNING" or "SAVING")) Say($"-- job {job} is {line.State} --");
            pause = more ? Limits.FirstLook : pause * 1.5 < Limits.LongestLook ? pause * 1.5 : Limits.LongestLook;
            if (!more) await Task.Delay(pause, ct);
        }
    }

    /// <summary>Looks at all files at once; true when one of them grows.</summary>
    private async Task<bool> Look(JobLine line, CancellationToken ct)
    {
        try
        {
            var before = files.Sum(file => file.Shown);
            var looks = await Task.WhenAll(files.Select(file => file.Look(session, job, ct)));
            if (_said.Length > 0 && files.Any(file => file.Place is not null)) Say($"-- running on {line.Node} --");
            return looks.Any(more => more) || files.Sum(file => file.Shown) > before;
        }
        // It ended between the two questions.
        catch (GridError e) when (e.Code == ErrorCode.Conflict) { return false; }
        catch (GridError e) when (e.IsTransient)
        {
            Say($"-- {e.Message} --");
            return false;
        }
    }

    private async Task ShowRest(CancellationToken ct)
    {
        var log = await session.Ask(new ReadLog(job), ct);
        foreach (var file in files)
        {
            if (!await ShowSaved(file, log, ct)) ShowTail(file, log);
            file.End();
        }
    }

    /// <summary>The whole file, when the job has saved it under that name.</summary>
    private async Task<bool> ShowSaved(FollowedFile file, JobLog log, CancellationToken ct)
    {
        if (TailOf(file, log) is { Bytes: { } all, Text: var tail } && all - Encoding.UTF8.GetByteCount(tail) <= file.Shown) return false;
        var name = file.Path[(file.Path.LastIndexOf('/') + 1)..];
        if (log.Files.FirstOrDefault(path => Lfn.Parse(path).Name == name) is not { } saved) return false;
        using var downloader = new Downloader(session, new TransferMeter());
        await using var rest = new RestStream(file);
        await downloader.CopyTo(Lfn.Parse(saved), rest, ct);
        return true;
    }

    private void ShowTail(FollowedFile file, JobLog log)
    {
        if (TailOf(file, log) is not { } kept)
        {
            file.Remark($"-- job {job} has ended ({log.State}); {file.Path} was not saved --");
            return;
        }
        var bytes = Encoding.UTF8.GetBytes(kept.Text);
        // Without a size nobody knows where the tail belongs: all of it, or nothing when some was shown.
        var from = kept.Bytes is { } all ? Math.Max(0, all - bytes.Length) : file.HasShown ? -1 : 0;
        if (from < 0) return;
        if (from > file.Shown) file.Skip(from);
        file.Show(from, bytes);
    }

    private static (string Text, long? Bytes)? TailOf(FollowedFile file, JobLog log) => file.Path switch
    {
        "stdout" => (log.StdoutTail, log.StdoutBytes),
        "stderr" => (log.StderrTail, log.StderrBytes),
        _ => null,
    };

    /// <summary>Says a thing once, until something else is said.</summary>
    private void Say(string text)
    {
        if (text == _said) return;
        _said = text;
        files[0].Remark(text);
    }

    /// <summary>Shows what is behind the bytes already shown.</summary>
    private sealed class RestStream(FollowedFile file) : Stream
    {
        private long _at;

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            file.Show(_at, buffer);
            _at += buffer.Length;
        }

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Write(buffer.Span);
            return ValueTask.CompletedTask;
        }

        public override bool CanRead => false;
        public override bool CanSeek => false;
        public override bool CanWrite => true;
        public override long Length => _at;
        public override long Position { get => _at; set => throw new NotSupportedException(); }
        public override void Flush() { }
        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
