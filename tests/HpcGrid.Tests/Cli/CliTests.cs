using HpcGrid.Core.Api;
using HpcGrid.Tests.Client;

namespace HpcGrid.Tests.Cli;

/// <summary>Tests of command lines against a central that answers as the test says.</summary>
internal abstract class CliTests : IDisposable
{
    private readonly ThrowAwayPki _pki = new();

    /// <summary>A file in the test's own folder.</summary>
    protected string PathOf(string name) => _pki.PathOf(name);

    protected async Task<FakeCentral> Central(Func<Request, Reply> answer)
    {
        var central = await FakeCentral.Start(_pki);
        central.Answer = request => Task.FromResult(answer(request));
        var address = _pki.Address(central.Url);
        await File.WriteAllTextAsync(PathOf("client.yaml"),
            $"central: {central.Url}\nca: {address.CaFile}\ncertificate: {address.CertificateFile}\nkey: {address.KeyFile}\n");
        return central;
    }

    protected Task<CommandLineRun> Run(params string[] arguments) => CommandLineRun.Of(["--config", PathOf("client.yaml"), .. arguments]);

    protected Task<CommandLineRun> RunWith(string input, params string[] arguments) =>
        CommandLineRun.With(input, ["--config", PathOf("client.yaml"), .. arguments]);

    /// <summary>A line of a job.</summary>
    protected static JobLine Line(long job, string state, string? reason = null) => new()
    {
        Job = job, User = "jdoe", State = state, Name = "sim", Attempt = 1, Reason = reason, Node = "node1", SubmittedAt = DateTimeOffset.UnixEpoch,
    };

    public void Dispose() => _pki.Dispose();
}
