using System.CommandLine;
using System.Globalization;
using System.IO.Abstractions;
using HpcGrid.Central.Database;
using HpcGrid.Central.Events;

namespace HpcGrid.Central;

/// <summary>`hpcgrid-central alarms`: what must never happen and was seen. Works beside a running central.</summary>
internal static class AlarmCommand
{
    public static Command Make(Option<string> home)
    {
        var forget = new Option<bool>("--forget") { Description = "Forget them after they are shown" };
        var command = new Command("alarms", "What must never happen and was seen: payloads started twice. Exit code 3 when there are any.") { home, forget };
        command.SetAction(async (parsed, _) =>
        {
            var found = 0;
            var code = await Commands.Run(async () =>
            {
                var at = Commands.HomeOf(parsed.GetValue(home)!);
                CentralOptions.Read(new FileSystem(), at.Configuration).Check();
                using var database = CentralDatabase.Open(at.Database);
                var alarms = database.Read(session => AlarmTable.Newest(session, Limits.AlarmsShown));
                found = alarms.Count;
                foreach (var alarm in alarms)
                    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{alarm.RaisedAt:yyyy-MM-dd HH:mm:ss}Z  job {alarm.Id.Job}  {alarm.Text}"));
                if (parsed.GetValue(forget)) await database.Write(session => { AlarmTable.Forget(session); });
            });
            return code != 0 ? code : found > 0 ? AlarmsThere : 0;
        });
        return command;
    }

    /// <summary>For monitoring that looks at exit codes alone.</summary>
    private const int AlarmsThere = 3;
}
