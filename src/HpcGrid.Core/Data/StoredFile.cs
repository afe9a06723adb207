namespace HpcGrid.Core.Data;

/// <summary>What makes a file's bytes recognisable: their number and SHA-256 (lower-case hex, 64 digits).</summary>
public sealed record Content(long Size, string Sha256)
{
    /// <summary>The content of a small file.</summary>
    public static Content Of(ReadOnlySpan<byte> bytes) =>
        new(bytes.Length, Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(bytes)));
}

/// <summary>One copy of a file in a storage element.</summary>
/// <param name="Se">The storage element, "VO::SITE::NAME".</param>
/// <param name="Pfn">The path inside it, as <see cref="Pfn"/> lays it out.</param>
/// <param name="Url">Where to fetch it; relative to central when it starts with '/'.</param>
public sealed record Replica(string Se, string Pfn, string Url);

/// <summary>A file that a job needs, as the catalogue resolved it at submission.</summary>
/// <param name="Lfn">Its path in the catalogue, for messages.</param>
/// <param name="Content">Size and checksum that the bytes must have.</param>
/// <param name="Replicas">Where copies are; never empty for a plain file or an archive.</param>
/// <param name="Member">When set, the file is this member of the ZIP archive that Replicas point to (jalien.md 3.4).</param>
/// <param name="Archive">Size and checksum of that archive; null for a plain file.</param>
public sealed record SourceFile(string Lfn, Content Content, IReadOnlyList<Replica> Replicas, string? Member = null, Content? Archive = null)
{
    /// <summary>Its name in the sandbox when that is not its own: outputs of many subjobs have one name.</summary>
    public string? As { get; init; }
}

/// <summary>A file of a job's InputData, as the catalogue resolved it.</summary>
/// <param name="Source">The file.</param>
/// <param name="IsFetched">False: it is named to the job and not brought into the sandbox (",nodownload").</param>
public sealed record DataFile(SourceFile Source, bool IsFetched = true);

/// <summary>A member of a saved archive, registered in the catalogue under its own name.</summary>
public sealed record SavedMember(string Name, Guid Guid, Content Content);

/// <summary>An output in a storage element, verified there, waiting to be registered.</summary>
/// <param name="Name">Its name below the job's output directory.</param>
/// <param name="Guid">Its identity in the catalogue.</param>
/// <param name="Content">Size and checksum as the storage element computed them.</param>
/// <param name="Se">Where it is.</param>
/// <param name="Pfn">The path inside the storage element.</param>
/// <param name="Members">For an archive, its members.</param>
public sealed record SavedOutput(string Name, Guid Guid, Content Content, string Se, string Pfn, IReadOnlyList<SavedMember> Members)
{
    /// <summary>Where its job wants copies (<see cref="StorageWish"/>); null when nothing was said.</summary>
    public string? Wish { get; init; }
}
