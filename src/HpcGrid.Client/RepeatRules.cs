using HpcGrid.Core.Api;

namespace HpcGrid.Client;

/// <summary>
/// Which requests may be sent again when the connection broke before their answer came. Reads change nothing; the others named
/// here carry an identity by which central recognises a repetition. Everything else may have happened or not, and the caller is told so.
/// </summary>
internal static class RepeatRules
{
    public static bool IsSafe(Request request) => request switch
    {
        WhoAmI or ListJobs or DescribeJob or TraceJob or ReadLog or FollowJob or ListNodes => true,
        PlanJob or MatchSites or PeekJob or ReadSamples => true,
        ListDirectory or FindEntries or ListOutputs or StatEntry or OpenForReading or OpenManyForReading => true,
        SubmitJob submit => submit.Key is not null,
        BridgeHello or MatchJobs or ReportEvents or RenewLeases or ReportSamples or AnswerPeek => true,
        _ => false,
    };
}
