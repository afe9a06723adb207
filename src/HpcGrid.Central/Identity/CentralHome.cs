using System.IO.Abstractions;

namespace HpcGrid.Central.Identity;

/// <summary>The only place that knows what lies where in central's home. Directories are 0700, private keys 0600.</summary>
public sealed record CentralHome(string Path)
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    public string Configuration => Under("central.yaml");
    public string Database => Under("central.db");
    public string Lock => Under("central.lock");
    public string Url => Under("central.url");
    public string Log => Under("log");
    public string Storage => Under("storage");
    public string AuthorityCertificate => Under("ca/ca.pem");
    public string AuthorityKey => Under("ca/ca.key.pem");
    public string ServerCertificate => Under("tls/server.crt.pem");
    public string ServerKey => Under("tls/server.key.pem");
    public string SigningKey => Under("keys/signing.key.pem");

    public string UserDirectory(string name) => Under("users/" + name);

    /// <summary>Makes a directory that only its owner enters.</summary>
    public static void MakeDirectory(IFileSystem files, string path)
    {
        files.Directory.CreateDirectory(path);
        File.SetUnixFileMode(path, OwnerOnly | UnixFileMode.UserExecute);
    }

    /// <summary>Writes a file whole or not at all; a crash leaves the old one and perhaps a ".new".</summary>
    public static void WriteWhole(IFileSystem files, string path, string text, bool secret)
    {
        var next = path + ".new";
        files.File.Delete(next);
        using (var stream = new FileStream(next, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = secret ? OwnerOnly : OwnerOnly | UnixFileMode.GroupRead | UnixFileMode.OtherRead,
        }))
        {
            stream.Write(System.Text.Encoding.UTF8.GetBytes(text));
            stream.Flush(flushToDisk: true);
        }
        files.File.Move(next, path, overwrite: true);
    }

    private string Under(string relative) => System.IO.Path.Combine(Path, relative);
}
