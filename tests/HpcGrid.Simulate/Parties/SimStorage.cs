using System.Net;
using System.Text.Json;
using HpcGrid.Core.Api;
using HpcGrid.Core.Data;

namespace HpcGrid.Simulate.Parties;

/// <summary>
/// Storage elements below the real storage client. They answer on the caller's thread: a simulation has no other. Answers get lost; what is fetched comes
/// late, short, broken off or with a wrong byte, and of some files one copy is damaged for good.
/// </summary>
internal sealed class SimStorage(Grid grid) : HttpMessageHandler
{
    private bool AnswerIsLost => !grid.Faults.Healed && grid.Dice.Chance(grid.Scenario.LostAnswers);

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        Task.FromResult(request.Method == HttpMethod.Get ? Serve(request.RequestUri!.AbsolutePath) : Store(request, cancellationToken));

    private HttpResponseMessage Store(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using var bytes = new MemoryStream();
        using (var body = request.Content!.ReadAsStream(cancellationToken)) body.CopyTo(bytes);
        if (AnswerIsLost) return new HttpResponseMessage(HttpStatusCode.ServiceUnavailable);
        var content = Content.Of(bytes.ToArray());
        var stored = new StoredUpload(request.RequestUri!.AbsolutePath["/se/".Length..], content);
        return new HttpResponseMessage(HttpStatusCode.OK)
        {
            Content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(stored, GridJson.Default.StoredUpload)),
        };
    }

    private HttpResponseMessage Serve(string path)
    {
        grid.Scheduler.Sleep(TimeSpan.FromSeconds(grid.Dice.Between(0.005, 0.1)));
        var bytes = SimInputs.Stored(path[(path.LastIndexOf('/') + 1)..]);
        var damaged = grid.Scenario.DamagedCopies && path.StartsWith("/se1/", StringComparison.Ordinal) && path.Length % 2 == 0;
        if (damaged) grid.BadBodies++;
        if (AnswerIsLost) return new HttpResponseMessage(HttpStatusCode.ServiceUnavailable);
        var harm = damaged ? Harm.WrongByte : !grid.Faults.Healed && grid.Dice.Chance(grid.Scenario.BadBodies) ? grid.Dice.Pick(Enum.GetValues<Harm>()) : (Harm?)null;
        if (harm is not null && !damaged) grid.BadBodies++;
        return harm == Harm.Absent
            ? new HttpResponseMessage(HttpStatusCode.NotFound)
            : new HttpResponseMessage(HttpStatusCode.OK) { Content = new StreamContent(new SimBody(grid, bytes, harm)) };
    }
}

/// <summary>What is wrong with an answer.</summary>
internal enum Harm { Absent, Short, BreaksOff, WrongByte }

/// <summary>A body on its way: chunk by chunk, and whoever fetches it may die between two.</summary>
internal sealed class SimBody(Grid grid, byte[] bytes, Harm? harm) : Stream
{
    private const int ChunkBytes = 32 * 1024;
    private readonly int _cut = harm is null ? bytes.Length : grid.Dice.Next(bytes.Length);
    private int _at;

    public override int Read(Span<byte> buffer)
    {
        grid.Scheduler.Sleep(TimeSpan.FromSeconds(grid.Dice.Between(0.001, 0.05)));
        var end = harm is Harm.Short or Harm.BreaksOff ? _cut : bytes.Length;
        if (_at == end && harm == Harm.BreaksOff) throw new HttpIOException(HttpRequestError.ResponseEnded, "the connection is gone");
        var count = Math.Min(Math.Min(buffer.Length, ChunkBytes), end - _at);
        bytes.AsSpan(_at, count).CopyTo(buffer);
        if (harm == Harm.WrongByte && _cut >= _at && _cut < _at + count) buffer[_cut - _at] ^= 1;
        _at += count;
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => new(Read(buffer.Span));

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        Task.FromResult(Read(buffer.AsSpan(offset, count)));

    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => false;
    public override long Length => throw new NotSupportedException();
    public override long Position { get => _at; set => throw new NotSupportedException(); }
    public override void Flush() { }
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
