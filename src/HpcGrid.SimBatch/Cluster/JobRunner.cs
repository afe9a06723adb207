using System.Diagnostics;
using System.Globalization;

namespace HpcGrid.SimBatch.Cluster;

/// <summary>
/// Jobs as processes of this machine. A job's first process is a shell that runs its script and writes down how it ended, so that a daemon that was away
/// learns it too; it is no process of the job, gets no signal, and dies only with its node.
/// </summary>
internal sealed class JobRunner
{
    private const string EndFile = "exit", ScriptFile = "script", OutputFile = "output", ErrorFile = "error";

    /// <summary>Called with: folder of the job, folder to start in, output, error (empty: with the output), how to open, and the words to run.</summary>
    private const string Shepherd = """
        dir=$1 start=$2 out=$3 err=$4 mode=$5; shift 5
        cd "$start" 2>/dev/null || cd /
        [ "$mode" = append ] || : > "$out"
        if [ -n "$err" ]; then "$@" < /dev/null >> "$out" 2>> "$err"; else "$@" < /dev/null >> "$out" 2>&1; fi
        echo $? > "$dir/exit.new"; mv "$dir/exit.new" "$dir/exit"
        """;

    private readonly ClusterSetup _setup;

    public JobRunner(ClusterSetup setup)
    {
        _setup = setup;
        (Isolation, Remark) = Isolate.Probe(setup.Isolate);
    }

    public IReadOnlyList<string> Isolation { get; }

    public string Remark { get; }

    public void WriteScript(Job job)
    {
        var path = Path.Combine(_setup.FolderOf(job.Id), ScriptFile);
        File.WriteAllText(path, job.Request.Script);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    public (int Id, long Started) Start(Job job, IReadOnlyDictionary<string, string> environment, string folder)
    {
        var own = _setup.FolderOf(job.Id);
        File.Delete(Path.Combine(own, EndFile));
        foreach (var node in job.On.Append(ScriptNode(job))) Directory.CreateDirectory(_setup.TemporaryOf(job.Id, node));
        var output = job.Request.Delivered ? Path.Combine(own, OutputFile) : job.Request.Output;
        var error = job.Request.Error is null ? "" : job.Request.Delivered ? Path.Combine(own, ErrorFile) : job.Request.Error;
        var start = new ProcessStartInfo("setsid") { UseShellExecute = false, WorkingDirectory = "/" };
        var words = job.Request.IsProgram ? job.Request.Arguments : [Path.Combine(own, ScriptFile), .. job.Request.Arguments];
        foreach (var word in (string[])["/bin/sh", "-c", Shepherd, "shepherd", own, folder, output, error, job.Request.Append ? "append" : "new",
            .. _setup.ServiceNode ? [] : Isolation, .. words])
            start.ArgumentList.Add(word);
        start.Environment.Clear();
        foreach (var (name, value) in environment) start.Environment[name] = value;
        foreach (var (name, value) in NodeEnvironment(job, ScriptNode(job))) start.Environment[name] = value;
        using var process = Process.Start(start) ?? throw new InvalidOperationException("setsid did not start");
        return (process.Id, Processes.StartTime(process.Id) ?? 0);
    }

    /// <summary>What every process of a job on a node has, whatever the system.</summary>
    public Dictionary<string, string> NodeEnvironment(Job job, string node) => new()
    {
        ["SIMBATCH_HOME"] = _setup.Home,
        ["SIMBATCH_JOB"] = job.Id.ToString(CultureInfo.InvariantCulture),
        ["SIMBATCH_NODE"] = node,
        [Processes.Mark] = Processes.MarkOf(_setup, job, node),
        ["TMPDIR"] = _setup.TemporaryOf(job.Id, node),
    };

    public string ScriptNode(Job job) => _setup.ServiceNode ? ClusterSetup.ServiceNodeName : job.On[0];

    /// <summary>How its script ended; null while it runs. A shepherd that died without a word died with its node.</summary>
    public int? ExitCode(Job job)
    {
        var lives = Processes.StartTime(job.Process) == job.ProcessStarted;
        var path = Path.Combine(_setup.FolderOf(job.Id), EndFile);
        if (File.Exists(path)) return int.Parse(File.ReadAllText(path), CultureInfo.InvariantCulture);
        return lives ? null : 128 + Signals.Kill;
    }

    public void Signal(Job job, int signal, Reach reach)
    {
        var shell = Processes.ChildrenOf(job.Process);
        Processes.Signal(reach == Reach.Script ? shell : Processes.Of(_setup, job).Where(id => id != job.Process), signal);
    }

    /// <summary>All that runs on one of its nodes; the shepherd too when the script runs there.</summary>
    public void KillOn(Job job, string node)
    {
        Processes.Signal(Processes.Of(_setup, job, node), Signals.Kill);
        // The rest of a job does not outlive one of its nodes.
        Processes.Signal(Processes.Of(_setup, job), Signals.Kill);
    }

    public void KillAll(Job job) => Processes.Signal(Processes.Of(_setup, job), Signals.Kill);

    /// <summary>True while there was something to kill.</summary>
    public bool KillLeft(Job job)
    {
        var left = Processes.Of(_setup, job);
        Processes.Signal(left, Signals.Kill);
        return left.Count > 0;
    }

    /// <summary>Output is delivered, folders on nodes are removed.</summary>
    public void CleanUp(Job job)
    {
        if (job.Request.Delivered)
        {
            Deliver(job, OutputFile, job.Request.Output);
            if (job.Request.Error is { } error) Deliver(job, ErrorFile, error);
        }
        foreach (var node in _setup.NodeNames.Append(ClusterSetup.ServiceNodeName))
            if (Directory.Exists(_setup.TemporaryOf(job.Id, node))) Directory.Delete(_setup.TemporaryOf(job.Id, node), recursive: true);
    }

    private void Deliver(Job job, string name, string to)
    {
        var path = Path.Combine(_setup.FolderOf(job.Id), name);
        if (!File.Exists(path) || !Directory.Exists(Path.GetDirectoryName(to))) return;
        if (job.Request.Append) File.AppendAllText(to, File.ReadAllText(path));
        else File.Copy(path, to, overwrite: true);
        File.Delete(path);
    }
}
