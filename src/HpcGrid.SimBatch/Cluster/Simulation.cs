using System.Globalization;

namespace HpcGrid.SimBatch.Cluster;

/// <summary>
/// The simulated batch system: its jobs, its nodes, and what is done to them. Not for several threads at once.
/// What a crash leaves behind: job records, and processes that go on; the next start finds both.
/// </summary>
internal sealed class Simulation
{
    private readonly ClusterSetup _setup;
    private readonly JobStore _store;
    private readonly JobRunner _runner;
    private readonly TimeProvider _time;
    private readonly SortedDictionary<long, Job> _jobs = [];

    public Simulation(ClusterSetup setup, Dialect dialect, TimeProvider time)
    {
        (_setup, Dialect, _time) = (setup, dialect, time);
        _store = new JobStore(setup);
        _runner = new JobRunner(setup);
        foreach (var job in _store.Read()) _jobs[job.Id] = job;
    }

    public Dialect Dialect { get; }
    public ClusterSetup Setup => _setup;
    public DateTimeOffset Now => _time.GetUtcNow();
    public IReadOnlyCollection<Job> Jobs => _jobs.Values;
    public string Network => _runner.Remark;

    /// <summary>The command in front of a task on a compute node that takes the network from it.</summary>
    public IReadOnlyList<string> Isolation => _runner.Isolation;

    /// <summary>What every process of a job on a node has.</summary>
    public Dictionary<string, string> NodeVariables(Job job, string node) => _runner.NodeEnvironment(job, node);

    public IReadOnlyList<Node> Nodes
    {
        get
        {
            var down = File.Exists(_setup.DownFile) ? File.ReadAllLines(_setup.DownFile).ToHashSet() : [];
            return [.. _setup.NodeNames.Select(name => new Node(name, _setup.Cores, !down.Contains(name)))];
        }
    }

    public Job? Find(long id) => _jobs.GetValueOrDefault(id);

    public Job Submit(JobRequest request)
    {
        var id = _store.NextId();
        var job = new Job
        {
            Id = id,
            User = Environment.UserName,
            Request = request with
            {
                Output = Dialect.Filled(request.Output, id),
                Error = request.Error is { } error ? Dialect.Filled(error, id) : null,
                Arguments = [.. request.Arguments.Select(word => Dialect.FilledArgument(word, id))],
            },
            Submitted = Now,
            Phase = request.Held ? Phase.Held : Phase.Queued,
        };
        Keep(job);
        _runner.WriteScript(job);
        Schedule();
        return _jobs[job.Id];
    }

    /// <summary>Begins to end a job; one that waits is gone at once.</summary>
    public void Cancel(Job job)
    {
        if (job.Phase is Phase.Queued or Phase.Held) Keep(JobRules.Drop(job, Now));
        else if (job.Phase == Phase.Running) Keep(JobRules.Begin(job, Ending.Cancelled, Now));
        Look();
    }

    public void Signal(Job job, int signal, Reach reach)
    {
        if (job.Phase == Phase.Running) _runner.Signal(job, signal, reach);
    }

    /// <summary>As an administrator does it: it starts again under its id.</summary>
    public void Requeue(Job job)
    {
        if (job.Phase != Phase.Running) return;
        Keep(JobRules.Begin(job, Ending.Requeued, Now));
        Look();
    }

    public void Hold(Job job, bool held)
    {
        if (job.Phase == (held ? Phase.Queued : Phase.Held)) Keep(job with { Phase = held ? Phase.Held : Phase.Queued });
        Schedule();
    }

    /// <summary>A node loses power: its processes are gone, and its jobs end.</summary>
    public void NodeDown(string node)
    {
        File.WriteAllLines(_setup.DownFile, Nodes.Where(other => !other.Up).Select(other => other.Name).Append(node).Distinct());
        foreach (var job in _jobs.Values.Where(job => job.Phase == Phase.Running && job.On.Contains(node)).ToList())
        {
            _runner.KillOn(job, node);
            Keep(JobRules.Begin(job, Ending.NodeFailed, Now));
        }
    }

    public void NodeUp(string node)
    {
        File.WriteAllLines(_setup.DownFile, Nodes.Where(other => !other.Up && other.Name != node).Select(other => other.Name));
        Schedule();
    }

    /// <summary>As though it had never been there; one that runs goes on.</summary>
    public void Forget(Job job)
    {
        _jobs.Remove(job.Id);
        _store.Remove(job);
    }

    /// <summary>The number of the next step of a job.</summary>
    public int NextStep(Job job)
    {
        Keep(job with { Steps = job.Steps + 1 });
        return job.Steps;
    }

    /// <summary>Kills everything, for the end.</summary>
    public void KillAll()
    {
        foreach (var job in _jobs.Values.Where(job => job.IsActive)) _runner.KillAll(job);
    }

    public bool AnyActive => _jobs.Values.Any(job => job.IsActive || job.WaitsToStart);

    /// <summary>What time and processes have changed.</summary>
    public void Look()
    {
        var (now, changed) = (Now, false);
        foreach (var job in _jobs.Values.Where(job => job.IsActive).ToList())
        {
            var next = Looked(job, now);
            if (next == job) continue;
            Keep(next);
            changed |= !next.IsActive;
        }
        if (changed) Schedule();
    }

    private Job Looked(Job job, DateTimeOffset now)
    {
        if (job.Phase == Phase.Running && _runner.ExitCode(job) is { } code) job = JobRules.Leave(job, code);
        if (job.Phase == Phase.Leaving) return _runner.KillLeft(job) ? job : Finished(JobRules.End(job, now));
        while (true)
        {
            (job, var deed) = JobRules.Next(job, now, ending => Dialect.Steps(job, ending), _setup);
            if (deed is not Deed.Signal signal) return job;
            _runner.Signal(job, signal.Number, signal.Reach);
        }
    }

    private Job Finished(Job job)
    {
        _runner.CleanUp(job);
        return job;
    }

    private void Schedule()
    {
        foreach (var job in _jobs.Values.Where(job => job.WaitsToStart).ToList())
        {
            if (JobRules.Place(job.Request, Nodes, _jobs.Values) is not { } nodes) continue;
            var starting = job with { On = nodes, Started = Now };
            Keep(JobRules.Start(job, nodes, _runner.Start(starting, Dialect.Environment(this, starting), Dialect.StartFolder(starting)), Now));
        }
    }

    private void Keep(Job job)
    {
        _jobs[job.Id] = job;
        _store.Write(job);
    }

    /// <summary>Seconds of this machine for a span of the batch system.</summary>
    public TimeSpan Real(TimeSpan span) => span * (_setup.Minute / 60);

    public DateTimeOffset? EndOf(Job job) => JobRules.EndOf(job, _setup.Minute);

    public static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
