using System.Runtime.InteropServices;
using System.Text;

namespace HpcGrid.Agent.Processes;

/// <summary>
/// Memory for the C strings of one call, used again for the next. Pointers stay good until <see cref="Begin"/>.
/// The caller has refused NUL characters before; lone surrogates become U+FFFD.
/// </summary>
internal sealed unsafe class NativeStrings : IDisposable
{
    private byte* _memory;
    private nuint _size;
    private nuint _used;

    /// <summary>Forgets all strings and makes room for those of the next call.</summary>
    public void Begin(int characters, int strings)
    {
        var needed = (nuint)(Encoding.UTF8.GetMaxByteCount(characters) + strings * (1 + 2 * sizeof(byte*)) + 64);
        if (needed > _size)
        {
            NativeMemory.Free(_memory);
            _memory = (byte*)NativeMemory.Alloc(needed);
            _size = needed;
        }
        _used = 0;
    }

    public byte* Add(string text)
    {
        var start = _memory + _used;
        var length = Encoding.UTF8.GetBytes(text, new Span<byte>(start, checked((int)(_size - _used))));
        start[length] = 0;
        _used += (nuint)length + 1;
        return start;
    }

    /// <summary>A null-terminated array of pointers, to be filled by the caller.</summary>
    public byte** AddArray(int count)
    {
        _used = (_used + 7) & ~(nuint)7;
        var array = (byte**)(_memory + _used);
        _used += (nuint)(count + 1) * (nuint)sizeof(byte*);
        if (_used > _size) throw new InvalidOperationException("more strings than announced");
        array[count] = null;
        return array;
    }

    public void Dispose()
    {
        NativeMemory.Free(_memory);
        _memory = null;
        _size = 0;
    }
}
