using System.CommandLine;
using System.Globalization;
using System.IO.Abstractions;
using HpcGrid.Central;
using HpcGrid.Central.Identity;
using HpcGrid.Core;
using Serilog;

var home = new Option<string>("--home") { Description = "Central's directory", Required = true };
var vo = new Option<string>("--vo") { Description = "The virtual organisation", DefaultValueFactory = _ => "hpcgrid" };
var listen = new Option<string>("--listen") { Description = "Address and port; port 0 takes a free one", DefaultValueFactory = _ => "127.0.0.1:0" };
var print = new Option<bool>("--print-config") { Description = "Print the whole configuration and leave" };
var check = new Option<bool>("--check-config") { Description = "Check the configuration and leave" };
var name = new Argument<string>("name") { Description = "The account's name" };
var role = new Option<string>("--role") { Description = "user, admin or bridge", DefaultValueFactory = _ => "user" };
var undo = new Option<bool>("--undo") { Description = "Let the account in again" };

var init = new Command("init", "Make a home: authority, certificates, keys, database, configuration, the account admin. May be repeated.") { home, vo, listen };
init.SetAction((parsed, _) => Commands.Run(async () =>
{
    var at = Commands.HomeOf(parsed.GetValue(home)!);
    await Accounts.Init(new FileSystem(), at, new CentralOptions { Vo = parsed.GetValue(vo)!, Listen = parsed.GetValue(listen)! }, TimeProvider.System);
    Console.WriteLine($"central's home is {at.Path}; the admin's files are in {at.UserDirectory("admin")}");
}));

var run = new Command("run", "Run central until it is told to stop.") { home, print, check };
run.SetAction((parsed, _) => Commands.Run(async () =>
{
    var at = Commands.HomeOf(parsed.GetValue(home)!);
    var options = CentralOptions.Read(new FileSystem(), at.Configuration);
    if (parsed.GetValue(print)) Console.Write(options.Print());
    else if (parsed.GetValue(check)) Console.WriteLine($"{at.Configuration} is fine");
    else await Commands.Serve(at, options);
}));

var add = new Command("add", "Make an account and the files its owner needs.") { name, home, role };
add.SetAction((parsed, _) => Commands.Run(async () =>
    Console.WriteLine(await Commands.AccountsOf(parsed.GetValue(home)!).Add(parsed.GetValue(name)!, AccountRules.ParseRole(parsed.GetValue(role)!)))));
var list = new Command("list", "All accounts.") { home };
list.SetAction((parsed, _) => Commands.Run(() =>
{
    foreach (var account in Commands.AccountsOf(parsed.GetValue(home)!).List())
        Console.WriteLine($"{account.Name,-32} {account.Role.Text(),-7} {(account.Disabled ? "disabled" : "")}".TrimEnd());
    return Task.CompletedTask;
}));
var disable = new Command("disable", "Refuse an account's certificate from now on.") { name, home, undo };
disable.SetAction((parsed, _) => Commands.Run(() =>
    Commands.AccountsOf(parsed.GetValue(home)!).SetDisabled(parsed.GetValue(name)!, !parsed.GetValue(undo))));

var user = new Command("user", "Accounts.") { add, list, disable, QuotaCommand.Make(name, home) };
var root = new RootCommand("hpcgrid-central: task queue, broker, catalogue and storage of a grid.") { init, run, user, StorageCommand.Make(home),
    AlarmCommand.Make(home) };
return await root.Parse(args).InvokeAsync();

/// <summary>What the commands have in common.</summary>
internal static class Commands
{
    public static CentralHome HomeOf(string path) => new(Path.GetFullPath(path));

    public static Accounts AccountsOf(string path)
    {
        var home = HomeOf(path);
        return new Accounts(new FileSystem(), home, CentralOptions.Read(new FileSystem(), home.Configuration), TimeProvider.System);
    }

    /// <summary>Errors go to people as a message and a hint; exit code 1. Faults keep their trace.</summary>
    public static async Task<int> Run(Func<Task> command)
    {
        try
        {
            await command();
            return 0;
        }
        catch (GridError e)
        {
            await Console.Error.WriteLineAsync("hpcgrid-central: " + e.Message);
            if (e.Hint is not null) await Console.Error.WriteLineAsync("  " + e.Hint);
            return 1;
        }
    }

    public static async Task Serve(CentralHome home, CentralOptions options)
    {
        var log = new LoggerConfiguration().MinimumLevel.Information()
            .MinimumLevel.Override("Microsoft", Serilog.Events.LogEventLevel.Warning)
            .WriteTo.File(Path.Combine(home.Log, "central-.log"), rollingInterval: RollingInterval.Day, retainedFileCountLimit: 14,
                formatProvider: CultureInfo.InvariantCulture);
        if (!Console.IsOutputRedirected) log = log.WriteTo.Console(formatProvider: CultureInfo.InvariantCulture);
        Log.Logger = log.CreateLogger();
        try
        {
            await using var host = await CentralHost.Start(home, options, TimeProvider.System);
            Log.Information("central of {Vo} listens on {Url}", options.Vo, host.Url);
            await host.WaitForShutdown();
            Log.Information("central stops");
        }
        catch (GridError e)
        {
            Log.Fatal("central cannot run: {Reason}", e.Message);
            throw;
        }
        finally { await Log.CloseAndFlushAsync(); }
    }
}
