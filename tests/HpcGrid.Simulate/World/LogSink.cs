using System.Globalization;
using Serilog.Core;
using Serilog.Events;

namespace HpcGrid.Simulate.World;

/// <summary>Gives what production code logs to the simulation that it runs in.</summary>
internal sealed class LogSink : ILogEventSink
{
    public void Emit(LogEvent logEvent)
    {
        if (FiberThread.Running is { Party: var party })
            party.Scheduler.Said(party, logEvent.Level.ToString(), logEvent.RenderMessage(CultureInfo.InvariantCulture));
    }
}
