using HpcGrid.Client;
using HpcGrid.Core;
using HpcGrid.Core.Api;
using HpcGrid.Core.Data;

namespace HpcGrid.Tests.Client;

[TestFixture, CancelAfter(60_000)]
internal sealed class GridClientTests
{
    private static readonly Identity Jdoe = new("jdoe", ["user"], "hpcgrid", "/hpcgrid/user/j/jdoe", null);

    [Test]
    public async Task A_call_is_answered_and_the_client_shows_its_certificate(CancellationToken ct)
    {
        using var pki = new ThrowAwayPki();
        await using var central = await FakeCentral.Start(pki);
        central.Answer = _ => Task.FromResult<Reply>(Jdoe);
        await using var client = new GridClient(pki.Address(central.Url));
        Assert.That((await client.Call(new WhoAmI(), ct)).User, Is.EqualTo("jdoe"));
        Assert.That(central.ClientSubjects, Is.EqualTo(new[] { "CN=jdoe" }));
    }

    [Test]
    public async Task A_slow_answer_does_not_hold_up_another(CancellationToken ct)
    {
        using var pki = new ThrowAwayPki();
        await using var central = await FakeCentral.Start(pki);
        var slow = new TaskCompletionSource();
        central.Answer = async request =>
        {
            if (request is DescribeJob) { await slow.Task; throw GridError.NotFound("no job 1"); }
            return Jdoe;
        };
        await using var client = new GridClient(pki.Address(central.Url));
        var waiting = client.Call(new DescribeJob(1), ct);
        await client.Call(new WhoAmI(), ct);
        Assert.That(waiting.IsCompleted, Is.False);
        slow.SetResult();
        var error = (await Assert.ThrowsAsync<GridError>(() => waiting))!;
        Assert.That((error.Code, error.Message), Is.EqualTo((ErrorCode.NotFound, "no job 1")));
        Assert.That(central.Connections, Is.EqualTo(1));
    }

    [Test]
    public async Task Five_hundred_calls_at_once_get_each_their_own_answer(CancellationToken ct)
    {
        using var pki = new ThrowAwayPki();
        await using var central = await FakeCentral.Start(pki);
        central.Answer = request => Task.FromResult<Reply>(new JobTrace(((TraceJob)request).Job, []));
        await using var client = new GridClient(pki.Address(central.Url));
        var traces = await Task.WhenAll(Enumerable.Range(1, 500).Select(job => client.Call(new TraceJob(job), ct)));
        Assert.That(traces.Select(trace => trace.Job), Is.EqualTo(Enumerable.Range(1, 500)));
    }

    [Test]
    public async Task A_read_caught_in_a_break_is_asked_again_on_the_next_connection(CancellationToken ct)
    {
        using var pki = new ThrowAwayPki();
        await using var central = await FakeCentral.Start(pki);
        central.Answer = _ => central.Requests.Count == 1 ? throw new ConnectionDropped() : Task.FromResult<Reply>(Jdoe);
        await using var client = new GridClient(pki.Address(central.Url));
        Assert.That((await client.Call(new WhoAmI(), ct)).User, Is.EqualTo("jdoe"));
        Assert.That(central.Connections, Is.EqualTo(2));
    }

    [Test]
    public async Task A_submission_without_a_key_caught_in_a_break_is_not_repeated(CancellationToken ct)
    {
        using var pki = new ThrowAwayPki();
        await using var central = await FakeCentral.Start(pki);
        central.Answer = _ => throw new ConnectionDropped();
        await using var client = new GridClient(pki.Address(central.Url));
        var error = (await Assert.ThrowsAsync<GridError>(() => client.Call(new SubmitJob("x", [], null), ct)))!;
        Assert.That((error.Code, error.Hint), Is.EqualTo((ErrorCode.Unavailable, "It is not known whether it was done. Look first, then repeat it if needed.")));
        Assert.That(central.Requests.OfType<SubmitJob>().Count(), Is.EqualTo(1));
    }

    [Test]
    public async Task A_submission_with_a_key_is_repeated_until_it_is_answered(CancellationToken ct)
    {
        using var pki = new ThrowAwayPki();
        await using var central = await FakeCentral.Start(pki);
        central.Answer = _ => central.Requests.Count < 3 ? throw new ConnectionDropped() : Task.FromResult<Reply>(new Submitted(7, 0));
        await using var client = new GridClient(pki.Address(central.Url));
        Assert.That((await client.Call(new SubmitJob("x", [], "key"), ct)).Job, Is.EqualTo(7));
        Assert.That(central.Requests.OfType<SubmitJob>().Count(), Is.EqualTo(3));
    }

    [Test]
    public void Only_reads_and_requests_with_an_identity_are_safe_to_repeat()
    {
        Request[] safe = [new WhoAmI(), new ListJobs(), new OpenForReading("/a"), new SubmitJob("", [], "k"), new RenewLeases([]), new ReportEvents([])];
        Request[] unsafeOnes = [new KillJobs([1]), new ResubmitJobs([1]), new RemoveEntry("/a", true), new MoveEntry("/a", "/b"),
            new MakeDirectory("/a", false), new SubmitJob("", [], null), new RegisterFile("/a", Guid.Empty, new Content(0, ""), "", "")];
        Assert.Multiple(() =>
        {
            Assert.That(safe.Where(request => !RepeatRules.IsSafe(request)), Is.Empty);
            Assert.That(unsafeOnes.Where(RepeatRules.IsSafe), Is.Empty);
        });
    }

    [Test]
    public async Task A_call_made_while_central_is_away_waits_for_it(CancellationToken ct)
    {
        using var pki = new ThrowAwayPki();
        var url = pki.PathOf("central.url");
        await using var client = new GridClient(pki.Address(new Uri("file://" + url)));
        var waiting = client.Call(new WhoAmI(), ct);
        await using var central = await FakeCentral.Start(pki);
        central.Answer = _ => Task.FromResult<Reply>(Jdoe);
        Assert.That(waiting.IsCompleted, Is.False);
        await File.WriteAllTextAsync(url, central.Url.ToString(), ct);
        Assert.That((await waiting).User, Is.EqualTo("jdoe"));
    }

    [Test]
    public async Task A_central_that_stays_away_is_told_within_the_patience()
    {
        using var pki = new ThrowAwayPki();
        var client = new GridClient(pki.Address(new Uri("https://127.0.0.1:1"))) { Patience = TimeSpan.FromMilliseconds(300) };
        var error = (await Assert.ThrowsAsync<GridError>(() => client.Call(new WhoAmI(), CancellationToken.None)))!;
        Assert.That(error.Code, Is.EqualTo(ErrorCode.Unavailable));
        Assert.That(error.Message, Does.Contain("127.0.0.1:1"));
        Assert.That(error.Hint, Is.Not.Null);
        await client.DisposeAsync();
    }

    [Test]
    public async Task A_server_of_another_authority_is_refused_at_once()
    {
        using var ours = new ThrowAwayPki();
        using var theirs = new ThrowAwayPki();
        await using var central = await FakeCentral.Start(theirs);
        await using var client = new GridClient(ours.Address(central.Url));
        var error = (await Assert.ThrowsAsync<GridError>(() => client.Call(new WhoAmI(), CancellationToken.None)))!;
        Assert.That(error.Code, Is.EqualTo(ErrorCode.Unauthenticated));
        Assert.That(central.Requests, Is.Empty);
    }

    [Test]
    public async Task A_server_whose_certificate_names_another_host_is_refused()
    {
        using var pki = new ThrowAwayPki("somewhere.else.example.org");
        await using var central = await FakeCentral.Start(pki);
        await using var client = new GridClient(pki.Address(central.Url));
        Assert.That((await Assert.ThrowsAsync<GridError>(() => client.Call(new WhoAmI(), CancellationToken.None)))!.Code, Is.EqualTo(ErrorCode.Unauthenticated));
    }

    [Test]
    public async Task The_greeting_is_the_first_request_of_every_connection(CancellationToken ct)
    {
        using var pki = new ThrowAwayPki();
        await using var central = await FakeCentral.Start(pki);
        central.Answer = request => request switch
        {
            BridgeHello => Task.FromResult<Reply>(new BridgeWelcome("hpcgrid", [], 60, [])),
            _ when central.Connections == 1 => throw new ConnectionDropped(),
            _ => Task.FromResult<Reply>(new Renewed([], 0)),
        };
        await using var client = new GridClient(pki.Address(central.Url))
        {
            Greeting = (connection, token) => connection.Call(new BridgeHello("b", "s", Guid.Empty), token),
        };
        await client.Call(new RenewLeases([]), ct);
        Assert.That(central.Requests.Select(request => request.GetType().Name), Is.EqualTo(new[] { "BridgeHello", "RenewLeases", "BridgeHello", "RenewLeases" }));
    }

    [Test]
    public async Task Pushes_arrive(CancellationToken ct)
    {
        using var pki = new ThrowAwayPki();
        await using var central = await FakeCentral.Start(pki);
        await using var client = new GridClient(pki.Address(central.Url));
        var pushed = new TaskCompletionSource<Push>();
        client.Pushed += push => pushed.TrySetResult(push);
        await client.Call(new MakeDirectory("/a", true), ct);
        await central.Push(new WorkWaiting(5));
        Assert.That(await pushed.Task.WaitAsync(ct), Is.EqualTo(new WorkWaiting(5)));
    }

    [Test]
    public async Task A_cancelled_call_leaves_the_others_alone(CancellationToken ct)
    {
        using var pki = new ThrowAwayPki();
        await using var central = await FakeCentral.Start(pki);
        var never = new TaskCompletionSource<Reply>();
        central.Answer = request => request is DescribeJob ? never.Task : Task.FromResult<Reply>(Jdoe);
        await using var client = new GridClient(pki.Address(central.Url));
        using var impatient = new CancellationTokenSource();
        var cancelled = client.Call(new DescribeJob(1), impatient.Token);
        await client.Call(new WhoAmI(), ct);
        await impatient.CancelAsync();
        Assert.That(async () => await cancelled, Throws.InstanceOf<OperationCanceledException>());
        Assert.That((await client.Call(new WhoAmI(), ct)).User, Is.EqualTo("jdoe"));
        Assert.That(central.Connections, Is.EqualTo(1));
    }
}
