using HpcGrid.Core.Jobs;
using Spectre.Console;

namespace HpcGrid.Cli.Output;

/// <summary>One colour for each group of states, the same in tables and bars.</summary>
internal static class StateColours
{
    /// <summary>The order in which bars and legends name the groups: what is over first.</summary>
    public static int Order(string state) => JobStates.TryParse(state, out var known)
        ? known.IsFailure() ? 1 : known.IsFinal() ? 0 : known switch
        {
            JobState.Saving or JobState.Saved => 2,
            JobState.Running => 3,
            JobState.Started => 4,
            JobState.Assigned => 5,
            _ => 6,
        }
        : 7;

    public static Color Of(string state) => JobStates.TryParse(state, out var known)
        ? known.IsFailure() ? Color.Red : known.IsFinal() ? Color.Green : known switch
        {
            JobState.Saving or JobState.Saved => Color.Aqua,
            JobState.Running => Color.Blue,
            JobState.Started => Color.SteelBlue1,
            JobState.Assigned => Color.Yellow,
            JobState.Zombie => Color.Maroon,
            _ => Color.Grey,
        }
        : Color.Grey;

    /// <summary>The text in the state's colour when the cell is the name of a state.</summary>
    public static string Ansi(string cell, string text)
    {
        if (!JobStates.TryParse(cell, out var state)) return text;
        var code = state.IsFailure() ? "31" : state.IsFinal() ? "32" : state is JobState.Assigned || !state.IsActive() ? "33" : "34";
        return $"\e[{code}m{text}\e[0m";
    }
}
