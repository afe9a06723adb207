namespace HpcGrid.Agent.Monitoring;

/// <summary>Measures on a thread of its own: a sandbox on a disk that hangs must not keep the loop from its deadlines.</summary>
internal sealed class MonitorThread : IMonitor
{
    private readonly JobMonitor _monitor;
    private readonly Mailbox<Notice> _answers;
    private readonly Mailbox<(IReadOnlyList<Watched> Jobs, GpuReading? Gpus)> _orders = new();
    private bool _started;

    /// <param name="monitor">Used by this thread only.</param>
    /// <param name="answers">Where measurements go.</param>
    public MonitorThread(JobMonitor monitor, Mailbox<Notice> answers) => (_monitor, _answers) = (monitor, answers);

    /// <summary>Looks at these jobs now. Answered by <see cref="Measured"/>.</summary>
    public void Measure(IReadOnlyList<Watched> jobs, GpuReading? gpus)
    {
        _orders.Post((jobs, gpus));
        if (!_started) new Thread(Run) { IsBackground = true, Name = "monitor" }.Start();
        _started = true;
    }

    private void Run()
    {
        var orders = new List<(IReadOnlyList<Watched> Jobs, GpuReading? Gpus)>();
        while (true)
        {
            orders = _orders.TakeAll(orders, Timeout.InfiniteTimeSpan);
            foreach (var (jobs, gpus) in orders) _answers.Post(new Measured(_monitor.Measure(jobs, gpus)));
            orders.Clear();
        }
    }
}
