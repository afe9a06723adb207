using HpcGrid.Client;
using HpcGrid.Core;

namespace HpcGrid.Tests.Client;

[TestFixture]
internal sealed class ClientFileTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("hpcgrid-client-").FullName;

    [Test]
    public void Paths_are_relative_to_the_file()
    {
        var address = Read("# ours\n---\ncentral: https://127.0.0.1:8443   # the first\nca: ca.pem\ncertificate: 'client.crt.pem'\nkey: \"/elsewhere/client.key.pem\"\n");
        Assert.That(address, Is.EqualTo(new CentralAddress(new Uri("https://127.0.0.1:8443"), In("ca.pem"), In("client.crt.pem"), "/elsewhere/client.key.pem")));
    }

    [Test]
    public void A_file_address_is_read_again_at_each_connection()
    {
        var address = Read("central: file:../central url\nca: ca.pem\n", "sub");
        Assert.That(Assert.Throws<GridError>(() => address.Resolve())!.Code, Is.EqualTo(ErrorCode.Unavailable));
        File.WriteAllText(In("central url"), "https://127.0.0.1:1\n");
        Assert.That(address.Resolve().Port, Is.EqualTo(1));
        File.WriteAllText(In("central url"), "https://127.0.0.1:2\n");
        Assert.That(address.Resolve("/se/x"), Is.EqualTo(new Uri("https://127.0.0.1:2/se/x")));
    }

    [TestCase("ca: ca.pem", "has no 'central'")]
    [TestCase("central: https://a", "has no 'ca'")]
    [TestCase("central: http://a\nca: b", "'central: http://a'")]
    [TestCase("central: https://a\ncertificat: b", "line 2: 'certificat' is not a key")]
    [TestCase("central: https://a\n\nca: b\nca: c", "line 4: 'ca' is given twice")]
    [TestCase("central: https://a\nca:", "line 2: the value is missing")]
    [TestCase("central: https://a\nca: 'b", "line 2: the quote is not closed")]
    [TestCase("just words", "line 1: 'just words' is not 'key: value'")]
    public void A_wrong_file_is_refused_with_its_place(string text, string message)
    {
        var error = Assert.Throws<GridError>(() => Read(text))!;
        Assert.That(error.Code, Is.EqualTo(ErrorCode.Invalid));
        Assert.That(error.Message, Does.Contain(message));
        Assert.That(error.Hint, Is.Not.Null);
    }

    [Test]
    public void A_missing_file_is_not_found() =>
        Assert.That(Assert.Throws<GridError>(() => ClientFile.Read(In("nowhere.yaml")))!.Code, Is.EqualTo(ErrorCode.NotFound));

    private string In(string name) => Path.Combine(_directory, name);

    private CentralAddress Read(string text, string below = "")
    {
        Directory.CreateDirectory(In(below));
        var path = Path.Combine(In(below), "client.yaml");
        File.WriteAllText(path, text);
        return ClientFile.Read(path);
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);
}
