using System.Text;

namespace HpcGrid.Cli.Watch;

/// <summary>
/// The full screen: keys in, central's news in, lines out. Works on the terminal's second screen and gives the first one back untouched, however it ends.
/// </summary>
internal sealed class WatchLoop(Session session)
{
    private const string Begin = "\e[?1049h\e[?25l";
    private const string End = "\e[?25h\e[?1049l";

    private readonly WatchReader _reader = new(session);
    private string[] _drawn = [];
    private (int Width, int Height) _size;

    /// <summary>Until a person leaves; or, when nobody has touched a key, until all is over. The last thing shown.</summary>
    public async Task<WatchModel> Run(WatchPlace place, CancellationToken ct)
    {
        var model = new WatchModel { Place = place };
        // The first look comes before the screen: an error then stands where it is read.
        model = model with { Data = await _reader.Read(model, Limits.PageOfJobs / 10, ct) };
        session.Terminal.Output.Write(Begin);
        try { return await Loop(model, ct); }
        finally
        {
            session.Terminal.Output.Write(End);
            session.Terminal.Output.Flush();
        }
    }

    private async Task<WatchModel> Loop(WatchModel model, CancellationToken ct)
    {
        Task<WatchData>? reading = null;
        var due = TimeProvider.System.GetTimestamp();
        for (var changed = true; !ct.IsCancellationRequested;)
        {
            if (Resized() || changed) Draw(model);
            changed = false;
            if (reading is null && (TimeProvider.System.GetElapsedTime(due) >= Pause(model) || model.Data is { Line: null, Jobs.Count: 0 }))
                (reading, due) = (_reader.Read(model, Page(model), ct), TimeProvider.System.GetTimestamp());
            if (reading is { IsCompleted: true })
            {
                model = model.With(await reading);
                (reading, changed) = (null, true);
                if (model is { Touched: false, Data.IsOver: true }) return model;
            }
            while (Console.KeyAvailable)
            {
                var (next, deed) = WatchKeys.Press(model, Console.ReadKey(intercept: true), Page(model));
                (model, changed) = (next, true);
                if (deed == WatchDeed.Quit) return model;
                if (deed is WatchDeed.Kill or WatchDeed.Resubmit && model.Asked is { } job)
                    model = model with { Message = await _reader.Do(deed, job, ct) };
                // What was being read is of another place.
                if (deed != WatchDeed.None) (reading, due) = (_reader.Read(model, Page(model), ct), TimeProvider.System.GetTimestamp());
            }
            await Task.Delay(Limits.KeyPause, CancellationToken.None);
        }
        return model;
    }

    private static TimeSpan Pause(WatchModel model) => model.Data.IsOver ? Limits.LongestLook : Limits.LiveLook;

    private int Page(WatchModel model) => WatchScreen.Page(model, _size.Width, _size.Height);

    private bool Resized()
    {
        var size = (Math.Max(20, Console.WindowWidth), Math.Max(6, Console.WindowHeight));
        if (size == _size) return false;
        (_size, _drawn) = (size, []);
        return true;
    }

    /// <summary>Only lines that have changed are written, in one go.</summary>
    private void Draw(WatchModel model)
    {
        var lines = WatchScreen.Draw(model, _size.Width, _size.Height).ToArray();
        var frame = new StringBuilder("\e[?2026h");
        if (_drawn.Length == 0) frame.Append("\e[2J");
        for (var row = 0; row < lines.Length; row++)
            if (row >= _drawn.Length || _drawn[row] != lines[row])
                frame.Append(System.Globalization.CultureInfo.InvariantCulture, $"\e[{row + 1};1H{lines[row]}\e[0m\e[K");
        session.Terminal.Output.Write(frame.Append("\e[?2026l"));
        session.Terminal.Output.Flush();
        _drawn = lines;
    }
}
