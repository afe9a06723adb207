namespace HpcGrid.Simulate.Fs;

/// <summary>
/// How one kind of shared filesystem shows what others did (facts of PROTOCOL 7 and 8). Times are those of the real thing; a world that runs at another
/// pace multiplies them, C included. None of them is longer than C: what is shown late for longer is a fault.
/// </summary>
/// <param name="Name">As typed on the command line.</param>
/// <param name="CachingBound">C in seconds, as the product reckons it for this kind.</param>
/// <param name="Positive">A name that was found is believed so long, at most.</param>
/// <param name="Negative">A name that was not found is believed absent so long, at most.</param>
/// <param name="Listing">A listing is shown again so long, at most.</param>
/// <param name="Attributes">Attributes of a file, and its pages once read, are believed so long, at most; where open() looks, it looks at them too.</param>
/// <param name="BusyRenews">Each use of a directory's cached name renews it: who stays busy never sees a directory renamed away (V6).</param>
/// <param name="OpenLooks">open() asks the server about the name (close-to-open).</param>
/// <param name="CoarseTicks">Changes within this many seconds of a listing may hide behind an unchanged time until the next change (V2); 0 never.</param>
/// <param name="Latency">Of one operation, seconds.</param>
internal sealed record FsProfile(
    string Name, double CachingBound, double Positive, double Negative, double Listing, double Attributes, bool BusyRenews, bool OpenLooks, double CoarseTicks, double Latency)
{
    public static IReadOnlyList<FsProfile> All { get; } =
    [
        new("local", 0, 0, 0, 0, 0, false, true, 0, 0.00005),
        // acdirmax 60 s; open of a known name is fresh; negative names and listings live as long as the directory's attributes.
        new("nfs3", 65, 60, 60, 60, 60, false, true, 0.01, 0.0008),
        new("nfs4", 65, 30, 60, 60, 60, false, true, 0.01, 0.0008),
        // Measured: new names at once, replaced and removed ones 1 s late; md-cache renews what is used.
        new("gluster", 2, 1, 0, 1, 1, true, false, 0, 0.0008),
        // Coherent by locks; what remains is the way of a notice.
        new("lustre", 5, 0.2, 0, 0.2, 0.2, false, true, 0, 0.0005),
        new("gpfs", 5, 0.5, 0.5, 0.5, 0.5, false, true, 0, 0.0006),
        // Entry caches of about 1 s.
        new("beegfs", 3, 1, 1, 1, 1, false, false, 0, 0.0004),
    ];

    public static FsProfile Of(string name) => All.FirstOrDefault(profile => profile.Name == name)
        ?? throw new ArgumentException($"'{name}' is no profile; there are {string.Join(", ", All.Select(profile => profile.Name))}");
}
