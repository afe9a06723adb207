using HpcGrid.Core;

namespace HpcGrid.Client;

/// <summary>
/// Where central is and how the two recognise each other. The url is https, or file:PATH of a file that holds the url and is
/// read again at each connection: a central on a port of its own choosing writes it there.
/// </summary>
/// <param name="Url">https://host:port or file:///path/central.url.</param>
/// <param name="CaFile">PEM: the only authority whose server certificates are trusted.</param>
/// <param name="CertificateFile">PEM: the client's certificate, its chain after it; null for none.</param>
/// <param name="KeyFile">PEM: the private key; null when it is in CertificateFile.</param>
public sealed record CentralAddress(Uri Url, string CaFile, string? CertificateFile, string? KeyFile)
{
    /// <summary>The https url to connect to now. Throws GridError: Unavailable when central has not written it, Invalid when it is no https url.</summary>
    public Uri Resolve() => Url.IsFile ? Read(Url.LocalPath) : Checked(Url, "the client configuration");

    /// <summary>The url of a path on central. Throws what <see cref="Resolve()"/> throws.</summary>
    public Uri Resolve(string relative) => new(Resolve(), relative);

    private static Uri Read(string path)
    {
        try
        {
            var text = File.ReadAllText(path).Trim();
            return Uri.TryCreate(text, UriKind.Absolute, out var url)
                ? Checked(url, path)
                : throw GridError.Unavailable($"'{path}' does not hold central's url yet", "Central may be starting: try again in a moment.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw GridError.Unavailable($"central is not running: it has not written its url to '{path}'",
                "Start it: `hpcgrid local up` for a grid on this machine, `hpcgrid-central run` otherwise.", e);
        }
    }

    private static Uri Checked(Uri url, string where) =>
        url.Scheme == Uri.UriSchemeHttps
            ? url
            : throw GridError.Invalid($"'{url}' in {where} is not an https url",
                "Central is reached through https only, for instance https://grid.example.org:8443.");
}
