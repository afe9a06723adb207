using HpcGrid.Cli.Local;
using HpcGrid.Core;

namespace HpcGrid.Tests.Cli;

[TestFixture]
internal sealed class LocalStateTests : IDisposable
{
    private readonly LocalHome _home = new(Directory.CreateTempSubdirectory("hpcgrid-local-").FullName);

    [Test]
    public void What_was_started_is_known_again()
    {
        Assert.That(LocalState.Read(_home), Is.Null);
        var state = new LocalState { User = "jdoe", Nodes = 4, CoresPerNode = 2, Central = new ProcessMark(7, 8) };
        state.Write(_home);
        Assert.That(LocalState.Read(_home), Is.EqualTo(state));
        Assert.That(Directory.GetFiles(_home.Folder), Has.Length.EqualTo(1));
    }

    [Test]
    public void A_damaged_state_is_told_and_not_guessed()
    {
        File.WriteAllText(_home.StateFile, "{");
        Assert.That(Assert.Throws<GridError>(() => LocalState.Read(_home))!.Code, Is.EqualTo(ErrorCode.Corrupt));
    }

    [Test]
    public async Task A_process_of_the_same_number_but_another_start_is_another_process_and_is_left_alone()
    {
        var impostor = new ProcessMark(Environment.ProcessId, 1);
        Assert.That(LocalProcesses.Runs(impostor), Is.False);
        Assert.That(await LocalProcesses.End(impostor, TimeSpan.Zero), Is.True);
        Assert.That(new LocalProcesses(_home).Left(), Is.Empty);
    }

    [Test]
    public async Task Taking_down_what_was_never_up_is_no_error()
    {
        var grid = new LocalGrid(_home, _ => { });
        Assert.That(grid.IsUp, Is.False);
        await grid.Down(purge: true);
        Assert.That(Directory.Exists(_home.Folder), Is.False);
    }

    public void Dispose()
    {
        if (Directory.Exists(_home.Folder)) Directory.Delete(_home.Folder, recursive: true);
    }
}
