using HpcGrid.Central.Database;
using HpcGrid.Central.Identity;
using HpcGrid.Central.Storage;
using HpcGrid.Core;

namespace HpcGrid.Central;

/// <summary>Showing and changing the storage elements of a home, beside a running central or without one.</summary>
public sealed class StorageAdministration(CentralHome home, CentralOptions options, TimeProvider clock)
{
    /// <summary>All of them in their order, what they hold, and whether they stand in central.yaml.</summary>
    public IReadOnlyList<(ElementSetting Setting, ElementUse Use, bool IsConfigured)> List()
    {
        using var database = CentralDatabase.Open(home.Database);
        var (made, use) = database.Read(session => (ElementTable.All(session), ElementTable.Use(session)));
        return [.. options.Elements.Concat(made).DistinctBy(setting => setting.Name, StringComparer.OrdinalIgnoreCase)
            .Select(setting => (setting, use.GetValueOrDefault(setting.Name), IsConfigured(setting.Name)))];
    }

    /// <summary>Makes one or changes it. Throws GridError: Invalid for what makes no sense, Conflict when its files would be lost.</summary>
    public async Task<ElementSetting> Set(string name, Func<ElementSetting, ElementSetting> change)
    {
        if (IsConfigured(name)) throw GridError.Conflict($"{name} stands in central.yaml", "Change it there and restart central.");
        using var database = CentralDatabase.Open(home.Database);
        return await database.Write(session =>
        {
            var all = ElementTable.All(session);
            var old = all.Find(element => element.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
            var changed = change(old ?? new ElementSetting { Name = name });
            changed.Check();
            if (old is null && all.Count + options.Elements.Count >= Limits.Elements)
                throw GridError.Invalid($"there are {Limits.Elements} storage elements already", "Remove one that is empty.");
            if (old is not null && old.Directory != changed.Directory && ElementTable.IsUsed(session, old.Name))
                throw GridError.Conflict($"{old.Name} has files in {old.Directory}", "Make another storage element in the other directory.");
            var path = Place(changed.Directory);
            if (options.Elements.Concat(all).FirstOrDefault(other => other.Name != changed.Name && Place(other.Directory) == path) is { } there)
                throw GridError.Conflict($"{changed.Directory} is the directory of {there.Name}", "Give each storage element a directory of its own.");
            ElementTable.Save(session, changed, clock.GetUtcNow());
            return changed;
        });
    }

    /// <summary>Forgets one. Throws GridError: NotFound, Conflict while it has files.</summary>
    public async Task Remove(string name)
    {
        if (IsConfigured(name)) throw GridError.Conflict($"{name} stands in central.yaml", "Change it there and restart central.");
        using var database = CentralDatabase.Open(home.Database);
        await database.Write(session =>
        {
            var there = ElementTable.All(session).Find(element => element.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
                ?? throw GridError.NotFound($"there is no storage element {name}");
            if (ElementTable.IsUsed(session, there.Name))
                throw GridError.Conflict($"{there.Name} still has files", "Set it --read-only true and remove its files first.");
            ElementTable.Delete(session, there.Name);
        });
    }

    private bool IsConfigured(string name) => options.Elements.Any(element => element.Name.Equals(name, StringComparison.OrdinalIgnoreCase));

    private string Place(string directory) => Path.GetFullPath(Path.Combine(home.Path, directory));
}
