using System.Buffers;

namespace HpcGrid.Core.Api;

/// <summary>
/// One frame while it is made, received or sent, in memory that the next ones use again. Answers have megabytes, and each array of that size would bring on a
/// collection of the whole heap. Belongs to one task at a time; whoever has it last gives it back.
/// </summary>
public sealed class FrameBuffer(int capacity) : IBufferWriter<byte>
{
    private byte[] _bytes = ArrayPool<byte>.Shared.Rent(capacity);

    /// <summary>How many bytes it holds.</summary>
    public int Length { get; private set; }

    /// <summary>The bytes it holds.</summary>
    public ReadOnlyMemory<byte> Written => _bytes.AsMemory(0, Length);

    public static implicit operator ReadOnlySpan<byte>(FrameBuffer frame) => frame.Written.Span;

    public void Advance(int count) => Length += count;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        var room = Math.Max(sizeHint, 1);
        if (_bytes.Length - Length < room) Grow(room);
        return _bytes.AsMemory(Length);
    }

    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    /// <summary>
    /// Lets others have the memory; then it holds nothing. Not to be called when sending or receiving failed: the socket may still be using it, and it is left
    /// to the garbage collector.
    /// </summary>
    public void GiveBack()
    {
        var bytes = _bytes;
        (_bytes, Length) = ([], 0);
        ArrayPool<byte>.Shared.Return(bytes);
    }

    private void Grow(int room)
    {
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(2 * _bytes.Length, Length + room));
        Written.CopyTo(larger);
        var smaller = _bytes;
        _bytes = larger;
        ArrayPool<byte>.Shared.Return(smaller);
    }
}
