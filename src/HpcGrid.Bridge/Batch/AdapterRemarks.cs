namespace HpcGrid.Bridge.Batch;

/// <summary>What is allowed in an adapter and hardly meant, for people.</summary>
internal static class AdapterRemarks
{
    public static IEnumerable<string> Of(Adapter adapter)
    {
        if (adapter.Place.Prefix.Any(word => Path.GetFileName(word) == "ssh"))
            yield return "prefix names ssh, which joins the words of a command for a shell on the other host: what is no plain word breaks, as the | "
                + "in Slurm's formats. Say remoteShell in its place.";
        if (adapter.Place.RemoteShell.Count > 0 && !adapter.SubmitReadsInput)
            yield return "remoteShell leads to another host, and submit.command names a file of this one: the bridge's state folder must be seen there under "
                + "the same path, or let the command read the script from its standard input (submit.input: true).";
    }
}
