using System.Globalization;
using Serilog.Core;
using Serilog.Events;

namespace HpcGrid.Simulate.World;

/// <summary>Puts what the production code logs where it belongs in a history that is replayed.</summary>
internal sealed class LogSink(History history) : ILogEventSink
{
    public void Emit(LogEvent logEvent)
    {
        if (FiberThread.Running is { Party: var party })
            history.Say(party.Scheduler.Now, party.Name, logEvent.Level.ToString(), logEvent.RenderMessage(CultureInfo.InvariantCulture));
    }
}
