using System.Net;
using System.Net.Http.Headers;
using HpcGrid.Central.Storage;
using HpcGrid.Core;
using HpcGrid.Core.Api;
using HpcGrid.Core.Data;
using HpcGrid.Core.Jobs;
using HpcGrid.Core.Tokens;

namespace HpcGrid.Tests.Central;

internal sealed class StorageTests : CentralTests
{
    [Test]
    public async Task Bytes_that_are_not_what_was_declared_are_not_stored()
    {
        var ticket = await Jdoe.Call(new OpenForWriting(TestCentral.Jdoe + "/f", Content.Of([1, 2])), default);
        using var answer = await Send(HttpMethod.Put, ticket.Url, ticket.Token, [1, 3], Content.Of([1, 2]).Sha256);
        Assert.Multiple(() =>
        {
            Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.UnprocessableEntity));
            Assert.That(Central.Has(ticket.Pfn), Is.False);
            Assert.That(Directory.EnumerateFiles(Path.Combine(Central.Home.Storage, ".incoming")), Is.Empty);
        });
    }

    [Test]
    public async Task Putting_the_same_again_is_answered_the_same_and_other_bytes_are_a_conflict()
    {
        var ticket = await Jdoe.Call(new OpenForWriting(TestCentral.Jdoe + "/f", Content.Of([1])), default);
        for (var i = 0; i < 2; i++)
            Assert.That(await Central.Storage().Put(ticket.Url, ticket.Token, Content.Of([1]), new MemoryStream([1]), default), Is.EqualTo(new StoredUpload(ticket.Pfn, Content.Of([1]), ticket.Se)));
        using var other = await Send(HttpMethod.Put, ticket.Url, ticket.Token, [2], Content.Of([2]).Sha256);
        Assert.That(other.StatusCode, Is.EqualTo(HttpStatusCode.Conflict));
    }

    [Test]
    public async Task Many_files_are_opened_in_one_call_all_or_none()
    {
        await Central.Put(Jdoe, TestCentral.Jdoe + "/a", [1]);
        await Central.Put(Jdoe, TestCentral.Jdoe + "/b", [2, 2]);
        string[] paths = [TestCentral.Jdoe + "/b", TestCentral.Jdoe + "/a"];
        var tickets = (await Jdoe.Call(new OpenManyForReading(paths), default)).Tickets;
        Assert.That(tickets.Select(ticket => (ticket.Source.Lfn, ticket.Source.Content.Size)), Is.EqualTo(new[] { (paths[0], 2L), (paths[1], 1L) }));
        var missing = await Assert.ThrowsAsync<GridError>(() => Jdoe.Call(new OpenManyForReading([.. paths, TestCentral.Jdoe + "/c"]), default));
        Assert.That(missing!.Code, Is.EqualTo(ErrorCode.NotFound));
        var many = await Assert.ThrowsAsync<GridError>(() => Jdoe.Call(new OpenManyForReading([.. Enumerable.Repeat(paths[0], 501)]), default));
        Assert.That(many!.Code, Is.EqualTo(ErrorCode.TooLarge));
    }

    [Test]
    public async Task A_ticket_serves_one_file_and_one_purpose()
    {
        await Central.Put(Jdoe, TestCentral.Jdoe + "/a", [1]);
        await Central.Put(Jdoe, TestCentral.Jdoe + "/b", [2]);
        var (a, b) = (await Jdoe.Call(new OpenForReading(TestCentral.Jdoe + "/a"), default), await Jdoe.Call(new OpenForReading(TestCentral.Jdoe + "/b"), default));
        using var crossed = await Send(HttpMethod.Get, b.Source.Replicas[0].Url, a.Token);
        using var removal = await Send(HttpMethod.Delete, a.Source.Replicas[0].Url, a.Token);
        var fresh = Pfn.Of(Guid.NewGuid());
        using var write = await Send(HttpMethod.Put, Central.Host.Element.UrlOf(fresh), a.Token, [1], Content.Of([1]).Sha256);
        Assert.That(new[] { crossed.StatusCode, removal.StatusCode, write.StatusCode }, Is.All.EqualTo(HttpStatusCode.Forbidden));
    }

    [Test]
    public async Task Forged_and_missing_tokens_are_refused()
    {
        var ticket = await Central.Put(Jdoe, TestCentral.Jdoe + "/a", [1]);
        foreach (var token in new[] { "", "x.y.z", ticket.Token[..^4] + "AAAA" })
        {
            using var answer = await Send(HttpMethod.Get, ticket.Url, token);
            Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized), token);
        }
    }

    [Test]
    public async Task Names_that_are_no_pfn_never_reach_the_disk([Values("00/00000/x", "..%2F../etc/passwd", "00/00000/..", "03/41217/2b0c0000-0000-0000-0000-000000000000")] string name)
    {
        var ticket = await Jdoe.Call(new OpenForWriting(TestCentral.Jdoe + "/f", Content.Of([1])), default);
        using var answer = await Send(HttpMethod.Put, $"{Central.Host.Element.Url}/{name}", ticket.Token, [1], Content.Of([1]).Sha256);
        Assert.That((int)answer.StatusCode, Is.InRange(400, 404));
    }

    [Test]
    public async Task Ranges_and_the_checksum_as_entity_tag_are_served()
    {
        await Central.Put(Jdoe, TestCentral.Jdoe + "/a", [0, 1, 2, 3, 4, 5]);
        var ticket = await Jdoe.Call(new OpenForReading(TestCentral.Jdoe + "/a"), default);
        using var answer = await Send(HttpMethod.Get, ticket.Source.Replicas[0].Url, ticket.Token, range: new RangeHeaderValue(2, 4));
        await Assert.MultipleAsync(async () =>
        {
            Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.PartialContent));
            Assert.That(await answer.Content.ReadAsByteArrayAsync(), Is.EqualTo(new byte[] { 2, 3, 4 }));
            Assert.That(answer.Headers.ETag?.Tag, Is.EqualTo($"\"{Content.Of([0, 1, 2, 3, 4, 5]).Sha256}\""));
        });
    }

    [Test]
    public void Only_a_jobs_token_reads_inputs_and_it_covers_no_path_by_that()
    {
        var ofJob = Token(StorageRules.InputsScope) with { Job = 7, Attempt = 1 };
        Assert.Multiple(() =>
        {
            Assert.That(StorageRules.MayReadInputs(ofJob), Is.True);
            Assert.That(StorageRules.MayReadInputs(Token(StorageRules.InputsScope)), Is.False);
            Assert.That(StorageRules.MayReadInputs(Token("storage.read:/inputs") with { Job = 7, Attempt = 1 }), Is.False);
            Assert.That(StorageRules.MayRead(ofJob, Lfn.Parse("/inputs")), Is.False);
        });
    }

    [Test]
    public void Scopes_cover_whole_components_only()
    {
        var token = Token("storage.read:/foo storage.create:/out/a%20b");
        Assert.Multiple(() =>
        {
            Assert.That(StorageRules.MayRead(token, Lfn.Parse("/foo")), Is.True);
            Assert.That(StorageRules.MayRead(token, Lfn.Parse("/foo/bar")), Is.True);
            Assert.That(StorageRules.MayRead(token, Lfn.Parse("/foobar")), Is.False);
            Assert.That(StorageRules.MayRead(token, Lfn.Parse("/out/a b/x")), Is.False);
            Assert.That(StorageRules.MayCreate(token, Lfn.Parse("/out/a b/x")), Is.True);
            Assert.That(StorageRules.MayCreate(token, Lfn.Parse("/out/a bc")), Is.False);
            Assert.That(StorageRules.MayRead(Token(StorageRules.ReadScope(Lfn.Parse("/x y/ü%\n"))), Lfn.Parse("/x y/ü%\n")), Is.True);
            Assert.That(StorageRules.MayRead(Token("storage.reading:/foo storage.read:foo"), Lfn.Parse("/foo")), Is.False);
        });
    }

    [Test]
    public async Task A_job_reads_its_inputs_only_and_writes_only_while_its_attempt_lasts()
    {
        await Central.Put(Jdoe, TestCentral.Jdoe + "/in", [1]);
        await Central.Put(Jdoe, TestCentral.Jdoe + "/in2", [2]);
        await Submit($"{Echo} InputFile = {{\"LF:{TestCentral.Jdoe}/in\"}};");
        var bridge = await TestBridge.Join(Central);
        var job = (await bridge.Match(1))[0];
        using var input = await Send(HttpMethod.Get, job.Sources[0].Replicas[0].Url, job.Token);
        var other = await Jdoe.Call(new StatEntry(TestCentral.Jdoe + "/in2"), default);
        using var others = await Send(HttpMethod.Get, other.Replicas[0].Url, job.Token);
        await bridge.Upload(job, "x", [9]);
        await Jdoe.Call(new KillJobs([job.Job]), default);
        await Assert.MultipleAsync(async () =>
        {
            Assert.That(input.StatusCode, Is.EqualTo(HttpStatusCode.OK));
            Assert.That(others.StatusCode, Is.EqualTo(HttpStatusCode.Forbidden));
            await Refused(ErrorCode.Denied, "over", () => bridge.Upload(job, "y", [8]));
        });
    }

    [Test]
    public async Task A_job_with_a_thousand_inputs_reads_each_of_them()
    {
        const int inputs = 1000;
        var directory = TestCentral.Jdoe + "/" + new string('n', 100);
        await Jdoe.Call(new MakeDirectory(directory, false), default);
        await Parallel.ForAsync(0, inputs, async (i, _) => await Central.Put(Jdoe, $"{directory}/{i:D4}.csv", [(byte)i, (byte)(i >> 8)]));
        await Submit($"{Echo} InputFile = {{\"LF:{directory}/*.csv\"}};");
        var job = (await (await TestBridge.Join(Central)).Match(1))[0];
        Assert.That(job.Sources, Has.Count.EqualTo(inputs));
        foreach (var i in new[] { 0, 1, 499, inputs - 1 })
        {
            using var answer = await Send(HttpMethod.Get, job.Sources[i].Replicas[0].Url, job.Token);
            Assert.That(await answer.Content.ReadAsByteArrayAsync(), Is.EqualTo(new[] { (byte)i, (byte)(i >> 8) }));
        }
    }

    [Test]
    public async Task Uploads_that_nobody_registers_are_removed()
    {
        var forgotten = await Jdoe.Call(new OpenForWriting(TestCentral.Jdoe + "/f", Content.Of([1])), default);
        await Central.Storage().Put(forgotten.Url, forgotten.Token, Content.Of([1]), new MemoryStream([1]), default);
        var kept = await Central.Put(Jdoe, TestCentral.Jdoe + "/g", [2]);
        await Submit(Echo);
        var bridge = await TestBridge.Join(Central);
        var job = (await bridge.Match(1))[0];
        var orphan = await bridge.Upload(job, "x", [3]);
        await bridge.Finish(job.AttemptId, JobState.ErrorE);
        Central.Clock.Advance(TimeSpan.FromHours(25));
        await Central.Host.StorageCleaning.Tick();
        Assert.That(new[] { Central.Has(forgotten.Pfn), Central.Has(orphan.Pfn), Central.Has(kept.Pfn) }, Is.EqualTo(new[] { false, false, true }));
    }

    private static JobToken Token(string scope) => new("hpcgrid", "jdoe", JobToken.StorageAudience, 0, 0, scope, long.MaxValue);

    private async Task<HttpResponseMessage> Send(HttpMethod method, string url, string token, byte[]? body = null, string? sha256 = null, RangeHeaderValue? range = null)
    {
        using var http = new HttpClient(new HttpClientHandler { ServerCertificateCustomValidationCallback = (_, server, _, _) => server is not null });
        using var request = new HttpRequestMessage(method, new Uri(Central.Host.Url, url));
        request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + token);
        request.Headers.Range = range;
        if (body is not null) request.Content = new ByteArrayContent(body);
        if (sha256 is not null) request.Headers.Add("X-Content-Sha256", sha256);
        return await http.SendAsync(request);
    }
}
