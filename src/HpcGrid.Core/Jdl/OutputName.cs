using System.Text;

namespace HpcGrid.Core.Jdl;

/// <summary>What a file in the sandbox may be called.</summary>
internal static class OutputName
{
    private const int Longest = 255;

    /// <summary>Why this is no name relative to the sandbox; null when it is.</summary>
    public static string? FaultOf(string name)
    {
        if (name.Length == 0) return "is empty";
        if (name[0] == '/') return "is an absolute path";
        var parts = name.Split('/');
        return parts.Contains("..") ? "leads out of the sandbox"
            : parts.Any(part => part is "" or ".") ? "has an empty component or '.' in it"
            : name.Contains('\0', StringComparison.Ordinal) ? "has a NUL character in it"
            : parts.Any(part => Encoding.UTF8.GetByteCount(part) > Longest) ? $"has a component longer than {Longest} bytes"
            : null;
    }
}
