using HpcGrid.Core;
using HpcGrid.Core.Data;

namespace HpcGrid.Central.Storage;

/// <summary>A storage element as the choice sees it.</summary>
/// <param name="Name">"VO::SITE::NAME".</param>
/// <param name="Kinds">What kind of storage it is: disk, tape …</param>
/// <param name="Site">Where it stands; empty when that does not matter.</param>
/// <param name="IsWritable">Takes new files.</param>
/// <param name="Room">Bytes that it can still take.</param>
public sealed record ElementState(string Name, IReadOnlyList<string> Kinds, string Site, bool IsWritable, long Room);

/// <summary>Which storage elements are near to whoever stores.</summary>
/// <param name="Site">The site; empty for none.</param>
/// <param name="CloseSe">What the site itself says is near, nearest first.</param>
public sealed record Nearness(string Site, IReadOnlyList<string> CloseSe)
{
    /// <summary>None is nearer than another.</summary>
    public static Nearness Nowhere { get; } = new("", []);
}

/// <summary>Where a file goes.</summary>
/// <param name="Chosen">The storage elements that get a copy, the nearest of equal ones first; empty when none can take it.</param>
/// <param name="Wanted">How many copies there would be if all storage elements took it.</param>
/// <param name="Refusals">Why those that were wanted are not chosen.</param>
public sealed record Placement(IReadOnlyList<string> Chosen, int Wanted, IReadOnlyList<string> Refusals)
{
    /// <summary>Copies that are wanted and not made.</summary>
    public int Missing => Math.Max(0, Wanted - Chosen.Count);
}

/// <summary>
/// Which storage elements get a copy of a file (jalien.md 7.3): those named, without those excluded, and for each kind so many of the nearest; one copy on
/// the nearest when nothing is said. One that takes nothing or has no room is passed over.
/// </summary>
public static class PlacementRules
{
    /// <summary>The choice for a file of this size.</summary>
    public static Placement Choose(StorageWish wish, IReadOnlyList<ElementState> elements, Nearness near, long size)
    {
        var candidates = Nearest(elements, near).Where(element => !Has(wish.Excluded, element.Name)).ToList();
        var picked = new List<ElementState>();
        var refusals = new List<string>();
        var wanted = 0;
        if (wish.Named.Count > 0)
        {
            var named = candidates.Where(element => Has(wish.Named, element.Name)).ToList();
            wanted += Pick(named, wish.Select ?? named.Count);
        }
        else if (wish.Kinds.Count == 0) wanted += Pick(candidates, wish.Select ?? 1);
        foreach (var (kind, copies) in wish.Kinds)
            wanted += Pick([.. candidates.Where(element => Has(element.Kinds, kind) && !picked.Contains(element))], copies);
        return new Placement([.. picked.Select(element => element.Name)], wanted, [.. refusals.Distinct()]);

        int Pick(List<ElementState> from, int copies)
        {
            refusals.AddRange(from.Select(element => WhyNot(element, size)).OfType<string>());
            picked.AddRange(from.Where(element => WhyNot(element, size) is null).Take(copies));
            return Math.Min(copies, from.Count);
        }
    }

    /// <summary>The nearest first: as the site itself orders them, then those of the site, then the rest; equal ones as they are configured.</summary>
    public static IReadOnlyList<ElementState> Nearest(IReadOnlyList<ElementState> elements, Nearness near) => [.. elements.OrderBy(element =>
        Place(near.CloseSe, element.Name) is >= 0 and var place ? place
        : near.Site.Length > 0 && element.Site.Equals(near.Site, StringComparison.OrdinalIgnoreCase) ? near.CloseSe.Count
        : near.CloseSe.Count + 1)];

    /// <summary>Throws GridError(Invalid) for what can never be fulfilled here: a name or a kind that no storage element has, or none that is left.</summary>
    public static void Check(StorageWish wish, IReadOnlyList<ElementState> elements)
    {
        var names = string.Join(", ", elements.Select(element => element.Name));
        var kinds = elements.SelectMany(element => element.Kinds).Distinct(StringComparer.OrdinalIgnoreCase).Order(StringComparer.Ordinal).ToList();
        if (wish.Named.FirstOrDefault(name => !elements.Any(element => Is(element.Name, name))) is { } stranger)
            throw GridError.Invalid($"there is no storage element {stranger}", $"There are {names}.");
        if (wish.Kinds.FirstOrDefault(kind => !Has(kinds, kind.Kind)).Kind is { } unknown)
            throw GridError.Invalid($"no storage element is of the kind '{unknown}'",
                kinds.Count == 0 ? "None is of any kind: name them." : $"There are the kinds {string.Join(", ", kinds)}.");
        if (Choose(wish, [.. elements.Select(Free)], Nearness.Nowhere, 0).Chosen.Count == 0)
            throw GridError.Invalid($"'{wish}' leaves no storage element", $"There are {names}.");
    }

    /// <summary>What will be done otherwise than is wished, for whoever submits; nothing is refused for it.</summary>
    public static IEnumerable<string> Doubts(StorageWish wish, IReadOnlyList<ElementState> elements)
    {
        foreach (var name in wish.Excluded.Where(name => !elements.Any(element => Is(element.Name, name))))
            yield return $"the output option !{name} has no effect: there is no such storage element";
        var asked = wish.Kinds.Sum(kind => kind.Copies) + (wish.Named.Count > 0 ? wish.Select ?? wish.Named.Distinct(StringComparer.OrdinalIgnoreCase).Count()
            : wish.Kinds.Count == 0 ? wish.Select ?? 1 : 0);
        var possible = Choose(wish, [.. elements.Select(Free)], Nearness.Nowhere, 0).Chosen.Count;
        if (possible < asked)
            yield return $"the output options {wish} ask for {asked} copies; there are storage elements for {possible}, so that many are made";
    }

    private static ElementState Free(ElementState element) => element with { IsWritable = true, Room = long.MaxValue };

    private static string? WhyNot(ElementState element, long size) => !element.IsWritable ? $"{element.Name} takes no new files"
        : element.Room < size ? $"{element.Name} has no room for {size} bytes" : null;

    private static bool Has(IReadOnlyList<string> texts, string text) => Place(texts, text) >= 0;

    private static int Place(IReadOnlyList<string> texts, string text)
    {
        for (var i = 0; i < texts.Count; i++)
            if (Is(texts[i], text)) return i;
        return -1;
    }

    private static bool Is(string one, string other) => one.Equals(other, StringComparison.OrdinalIgnoreCase);
}
