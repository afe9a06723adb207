using HpcGrid.Central.Database;

namespace HpcGrid.Central.Catalogue;

/// <summary>What jobs have saved.</summary>
public sealed class CatalogueOutputs
{
    /// <summary>The paths of all files that a job made, members of archives too.</summary>
    public IReadOnlyList<string> Of(Session session, long job) =>
        [.. EntryTable.OfJob(session, job).Select(entry => CatalogueTree.PathOf(session, entry).Path).Order(StringComparer.Ordinal)];
}
