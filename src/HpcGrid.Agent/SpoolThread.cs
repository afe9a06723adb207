namespace HpcGrid.Agent;

/// <summary>Takes orders for the spool from the loop.</summary>
internal interface ISpoolOrders
{
    void Add(SpoolOrder order);
}

/// <summary>
/// Performs orders on a thread of its own and in the order asked for: a shared filesystem that hangs must not keep the loop from enforcing
/// limits, leases and grace periods.
/// </summary>
internal sealed class SpoolThread : ISpoolOrders
{
    private readonly SpoolWork _work;
    private readonly Mailbox<Notice> _answers;
    private readonly Mailbox<SpoolOrder> _orders = new();

    /// <param name="work">Used by this thread only.</param>
    /// <param name="answers">Where answers go.</param>
    public SpoolThread(SpoolWork work, Mailbox<Notice> answers)
    {
        (_work, _answers) = (work, answers);
        new Thread(Run) { IsBackground = true, Name = "spool" }.Start();
    }

    public void Add(SpoolOrder order) => _orders.Post(order);

    private void Run()
    {
        var orders = new List<SpoolOrder>();
        while (true)
        {
            orders = _orders.TakeAll(orders, Timeout.InfiniteTimeSpan);
            foreach (var order in orders)
                if (_work.Perform(order) is { } answer) _answers.Post(answer);
            orders.Clear();
        }
    }
}
