using System.CommandLine;
using System.Globalization;
using HpcGrid.Core;

namespace HpcGrid.Central;

/// <summary>
/// `hpcgrid-central storage`: the storage elements of a home. Works beside a running central, which takes changes over within a minute.
/// </summary>
internal static class StorageCommand
{
    public static Command Make(Option<string> home)
    {
        var element = new Argument<string>("name") { Description = "VO::SITE::NAME" };
        var directory = new Option<string?>("--directory") { Description = "Where its files lie; absolute or below central's home" };
        var kinds = new Option<string?>("--kinds") { Description = "What it counts as in output options, as disk or disk,fast" };
        var site = new Option<string?>("--site") { Description = "The site it is close to; '' for none" };
        var capacity = new Option<string?>("--capacity") { Description = "What it may hold, as 500GB; 0 for what its disk has" };
        var readOnly = new Option<bool?>("--read-only") { Description = "true: it takes no new files" };

        var list = new Command("list", "All storage elements: kinds, site, what they hold and have room for.") { home };
        list.SetAction((parsed, _) => Commands.Run(() => Print(parsed.GetValue(home)!)));
        var set = new Command("set", "Make a storage element, or change what is said of one that was made so.")
            { element, home, directory, kinds, site, capacity, readOnly };
        set.SetAction((parsed, _) => Commands.Run(async () =>
        {
            var saved = await Administration(parsed.GetValue(home)!).Set(parsed.GetValue(element)!, old => old with
            {
                Directory = parsed.GetValue(directory) ?? old.Directory,
                Kinds = parsed.GetValue(kinds)?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? old.Kinds,
                Site = parsed.GetValue(site) ?? old.Site,
                Capacity = parsed.GetValue(capacity) is { } text ? Bytes(text) : old.Capacity,
                ReadOnly = parsed.GetValue(readOnly) ?? old.ReadOnly,
            });
            Console.WriteLine($"{saved.Name}: {saved.Directory}; a running central uses it within a minute");
        }));
        var remove = new Command("remove", "Forget a storage element that holds nothing any more. Its directory stays.") { element, home };
        remove.SetAction((parsed, _) => Commands.Run(() => Administration(parsed.GetValue(home)!).Remove(parsed.GetValue(element)!)));
        return new Command("storage", "Storage elements.") { list, set, remove };
    }

    /// <summary>"500GB" as bytes; units are powers of 1024. Throws GridError(Invalid).</summary>
    public static long Bytes(string text)
    {
        string[] units = ["", "KB", "MB", "GB", "TB", "PB"];
        var digits = text[..(text.AsSpan().LastIndexOfAnyInRange('0', '9') + 1)];
        var power = Array.FindIndex(units, unit => unit.Equals(text[digits.Length..].Trim(), StringComparison.OrdinalIgnoreCase));
        return power >= 0 && long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= long.MaxValue >> (10 * power)
            ? number << (10 * power)
            : throw GridError.Invalid($"a capacity cannot be '{text}'", "Write 500GB; KB, MB, GB, TB and PB are powers of 1024.");
    }

    private static StorageAdministration Administration(string path)
    {
        var home = Commands.HomeOf(path);
        return new StorageAdministration(home, CentralOptions.Read(new System.IO.Abstractions.FileSystem(), home.Configuration), TimeProvider.System);
    }

    private static Task Print(string home)
    {
        foreach (var (setting, use, isFixed) in Administration(home).List())
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{setting.Name,-36} {string.Join(',', setting.Kinds),-10} {(setting.Site.Length > 0 ? setting.Site : "-"),-10} ")
                + string.Create(CultureInfo.InvariantCulture, $"{use.Files} files, {use.Bytes} bytes")
                + (setting.Capacity > 0 ? string.Create(CultureInfo.InvariantCulture, $" of {setting.Capacity}") : "")
                + $"  {setting.Directory}{(setting.ReadOnly ? "  read-only" : "")}{(isFixed ? "  (central.yaml)" : "")}");
        return Task.CompletedTask;
    }
}
