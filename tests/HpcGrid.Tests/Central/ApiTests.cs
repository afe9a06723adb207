using System.Net.WebSockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using HpcGrid.Core;
using HpcGrid.Core.Api;

namespace HpcGrid.Tests.Central;

internal sealed class ApiTests : CentralTests
{
    [Test]
    public async Task A_frame_that_is_no_request_gets_an_error_under_its_id(
        [Values("{\"id\": 7, \"request\": {\"type\": \"dance\"}}", "{\"id\": 7}", "{\"id\": 7, \"request\": {\"type\": \"submit\", \"arguments\": []}}",
            "{\"id\": 7, \"request\": {\"type\": \"killJobs\"}}", "{\"id\": 7, \"request\": {\"type\": \"submit\", \"jdl\": \"x\", \"arguments\": [null]}}")] string text)
    {
        using var socket = await Connect();
        var answer = await Ask(socket, text);
        Assert.That((answer.Id, answer.Error?.Code), Is.EqualTo(((long?)7, (ErrorCode?)ErrorCode.Invalid)));
        Assert.That((await Ask(socket, "{\"id\": 8, \"request\": {\"type\": \"whoami\"}}")).Reply, Is.TypeOf<Identity>());
    }

    [Test]
    public async Task Garbage_gets_an_error_and_the_connection_lives([Values("", "x", "[]", "{\"id\": \"seven\"}", "\0\0")] string text)
    {
        using var socket = await Connect();
        Assert.That((await Ask(socket, text)).Error?.Code, Is.EqualTo(ErrorCode.Invalid));
        Assert.That((await Ask(socket, "{\"id\": 8, \"request\": {\"type\": \"whoami\"}}")).Id, Is.EqualTo(8));
    }

    [Test]
    public async Task Requests_of_one_connection_run_side_by_side()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 300).Select(_ => Submit(Echo)));
        Assert.That(answers.Select(answer => answer.Job).Distinct().Count(), Is.EqualTo(300));
    }

    [Test]
    public async Task A_client_that_vanishes_hurts_nobody()
    {
        for (var i = 0; i < 10; i++)
        {
            using var socket = await Connect();
            await socket.SendAsync(Encoding.UTF8.GetBytes("{\"id\": 1, \"request\": {\"type\": \"whoami\"}}"), WebSocketMessageType.Text, true, default);
            socket.Abort();
        }
        Assert.That((await Jdoe.Call(new WhoAmI(), default)).User, Is.EqualTo("jdoe"));
    }

    [Test]
    public async Task Everything_is_there_after_a_restart()
    {
        await Central.Put(Jdoe, TestCentral.Jdoe + "/f", [1]);
        var job = (await Submit(Production(3), "key")).Job;
        await Central.Restart();
        await Assert.MultipleAsync(async () =>
        {
            Assert.That(await Central.Get(Jdoe, TestCentral.Jdoe + "/f"), Is.EqualTo(new byte[] { 1 }));
            Assert.That((await LineOf(job)).Children, Is.EquivalentTo(new Dictionary<string, int> { ["WAITING"] = 3 }));
            Assert.That((await Submit(Production(3), "key")).Job, Is.EqualTo(job));
        });
    }

    private async Task<ClientWebSocket> Connect()
    {
        var directory = Central.Home.UserDirectory("jdoe");
        var socket = new ClientWebSocket();
        socket.Options.ClientCertificates.Add(X509Certificate2.CreateFromPemFile(Path.Combine(directory, "client.crt.pem"), Path.Combine(directory, "client.key.pem")));
        socket.Options.RemoteCertificateValidationCallback = (_, server, _, _) => server is not null;
        await socket.ConnectAsync(new UriBuilder(Central.Host.Url) { Scheme = "wss", Path = ApiProtocol.Path }.Uri, default);
        return socket;
    }

    private static async Task<ServerFrame> Ask(ClientWebSocket socket, string text)
    {
        await socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, true, default);
        var buffer = new byte[64 * 1024];
        var length = 0;
        WebSocketReceiveResult received;
        do
        {
            received = await socket.ReceiveAsync(new ArraySegment<byte>(buffer, length, buffer.Length - length), default);
            length += received.Count;
        }
        while (!received.EndOfMessage);
        return ApiProtocol.DecodeServer(buffer.AsSpan(0, length));
    }
}
