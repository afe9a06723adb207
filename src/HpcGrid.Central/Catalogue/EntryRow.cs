using HpcGrid.Core.Api;
using HpcGrid.Core.Data;

namespace HpcGrid.Central.Catalogue;

/// <summary>An entry as stored: a directory "d", a file "f" or a member of an archive "m".</summary>
public sealed record EntryRow
{
    public required long Id { get; init; }
    public required long Parent { get; init; }
    public required string Name { get; init; }
    public required string Type { get; init; }
    public required string Owner { get; init; }
    public required string Group { get; init; }
    /// <summary>Three octal digits.</summary>
    public required string Permissions { get; init; }
    public long Size { get; init; }
    public Guid? Guid { get; init; }
    public string? Sha256 { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    /// <summary>The job that made it.</summary>
    public long? Job { get; init; }
    /// <summary>Of a member: the archive that holds its bytes, and its name in there.</summary>
    public Guid? Archive { get; init; }
    public string? Member { get; init; }

    public bool IsDirectory => Type == "d";

    public Content Content => new(Size, Sha256 ?? throw new InvalidOperationException($"entry {Id} has no content"));

    public Entry At(Lfn path) => new()
    {
        Path = path.Path, Type = Type, Owner = Owner, Group = Group, Permissions = Permissions,
        Size = Size, Sha256 = Sha256, Guid = Guid, CreatedAt = CreatedAt, Job = Job,
    };
}
