using System.Buffers;
using HpcGrid.Core;
using HpcGrid.Core.Data;
using HpcGrid.Core.Tokens;

namespace HpcGrid.Central.Storage;

/// <summary>
/// What a token's scope permits. Scopes are blank-separated "storage.read:/path" and "storage.create:/path" with the path
/// percent-encoded (names may hold blanks), for one file of a storage element "storage.read:pfn:cc/hhhhh/guid", or for a job's token
/// "storage.read:inputs": the inputs of that job, however many, without naming them in every request's header. Paths are compared by
/// component: "/foo" does not cover "/foobar" (R-C2).
/// </summary>
public static class StorageRules
{
    private const string Read = "storage.read:";
    private const string Create = "storage.create:";
    private const string PfnMark = "pfn:";

    /// <summary>What percent-encoding leaves as it is, and the slash.</summary>
    private static readonly SearchValues<char> Plain = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/");

    /// <summary>The inputs of the job that the token is for.</summary>
    public const string InputsScope = Read + "inputs";

    public static string ReadScope(Lfn path) => Read + Encode(path);
    public static string ReadScope(string pfn) => Read + PfnMark + pfn;
    public static string CreateScope(Lfn directory) => Create + Encode(directory);
    public static string CreateScope(string pfn) => Create + PfnMark + pfn;

    /// <summary>The GUID of a file's name. Throws GridError(Invalid) for what <see cref="Pfn"/> would never make.</summary>
    public static Guid GuidOf(string pfn) => Pfn.IsWellFormed(pfn)
        ? Guid.ParseExact(pfn[9..], "D")
        : throw GridError.Invalid($"'{pfn}' is not a file name of a storage element", "It looks like 03/41217/2b0c….");

    /// <summary>True when the token names this very file of the storage element for reading.</summary>
    public static bool MayRead(JobToken token, string pfn) => Scopes(token).Contains(ReadScope(pfn));

    /// <summary>True when the token is for reading the inputs of its job.</summary>
    public static bool MayReadInputs(JobToken token) => token.Job != 0 && Scopes(token).Contains(InputsScope);

    /// <summary>True when the token covers the path for reading.</summary>
    public static bool MayRead(JobToken token, Lfn path) => Covers(token, Read, path);

    /// <summary>True when the token covers the path for new files.</summary>
    public static bool MayCreate(JobToken token, Lfn path) => Covers(token, Create, path);

    /// <summary>
    /// True when the token may store a file under this name: a user's ticket names it, a job's token has some output directory
    /// (the storage element sees no paths; the end of that very attempt says where its uploads are registered).
    /// </summary>
    public static bool MayStore(JobToken token, string pfn) => token.Job == 0
        ? Scopes(token).Contains(CreateScope(pfn))
        : Scopes(token).Any(scope => scope.StartsWith(Create, StringComparison.Ordinal));

    private static bool Covers(JobToken token, string verb, Lfn path) =>
        Scopes(token).Any(scope => scope.StartsWith(verb + "/", StringComparison.Ordinal) && Decode(scope[verb.Length..]).Covers(path));

    private static string[] Scopes(JobToken token) => token.Scope.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private static string Encode(Lfn path) => path.Path.AsSpan().ContainsAnyExcept(Plain)
        ? string.Join('/', path.Path.Split('/').Select(Uri.EscapeDataString))
        : path.Path;

    private static Lfn Decode(string path) => Lfn.Parse(string.Join('/', path.Split('/').Select(Uri.UnescapeDataString)));
}
