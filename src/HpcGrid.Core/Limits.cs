namespace HpcGrid.Core;

/// <summary>Every bound of Core, with its reason, and the defaults a job description gets for what it does not say.</summary>
public static class Limits
{
    /// <summary>Longest job description, UTF-8 bytes: room for a million file names; a larger text is a data file by mistake.</summary>
    public const int LongestJdl = 10 * 1024 * 1024;

    /// <summary>Most items of all lists of one description: what 10 MB hold of short names, so that the two bounds agree.</summary>
    public const int MostListItems = 1_000_000;

    /// <summary>Most keys of one description, and of each node in it: AliEn knows about a hundred; production systems add hundreds of their own.</summary>
    public const int MostKeys = 10_000;

    /// <summary>Longest key: it becomes the name of an environment variable.</summary>
    public const int LongestKey = 128;

    /// <summary>Deepest nesting of an expression: evaluation recurses, and a thread's stack is 1.5 MB.</summary>
    public const int DeepestExpression = 100;

    /// <summary>Deepest nesting of records and of lists in a description: reading recurses, and nodes need three.</summary>
    public const int DeepestRecord = 20;

    /// <summary>Longest pattern of regexp(): it is compiled at each evaluation.</summary>
    public const int LongestRegexp = 1000;

    /// <summary>Longest text that strcat() makes: an expression evaluated for every site must not grow without bound.</summary>
    public const int LongestExpressionText = 64 * 1024;

    /// <summary>Most faults told at once: more than a screen of them helps nobody.</summary>
    public const int MostFaults = 20;

    /// <summary>How much of a user's text an error repeats, characters.</summary>
    public const int LongestExcerpt = 60;

    /// <summary>How much of a condition or value the reason of a mismatch repeats, characters: an ordinary one whole.</summary>
    public const int LongestReason = 300;

    /// <summary>Most subjobs of one master: they are rows of one transaction.</summary>
    public const int MostSubjobs = 1_000_000;

    /// <summary>Most subjobs with descriptions of their own: each is read, stored and matched by itself.</summary>
    public const int MostNodes = 20_000;

    /// <summary>How many nodes of a circle an error names.</summary>
    public const int LongestCycleShown = 12;

    /// <summary>Most remarks told of one description.</summary>
    public const int MostRemarks = 100;

    /// <summary>Greatest value of #alien_counter#: exact in every language that reads it as a double.</summary>
    public const long GreatestCounter = 1_000_000_000_000_000;

    /// <summary>Widest #alien_counter_0Ni#: part of a file name, which has 255 bytes.</summary>
    public const int WidestCounter = 32;

    /// <summary>Longest argv of one job, characters of all words together: Linux gives argv and environment 2 MiB by default.</summary>
    public const int LongestArgv = 1024 * 1024;

    /// <summary>Longest single word of argv, bytes: MAX_ARG_STRLEN of Linux is 131,072 with the closing NUL.</summary>
    public const int LongestWord = 131_071;

    /// <summary>Seconds a payload may take at most: 30 days, longer than any queue's walltime.</summary>
    public const int LongestTtl = 30 * 24 * 3600;

    /// <summary>Seconds that MaxWaitingTime may say at most: a year.</summary>
    public const int LongestWait = 366 * 24 * 3600;

    /// <summary>Most processes of one job: Linux numbers four million at most.</summary>
    public const int MostProcesses = 4_000_000;

    /// <summary>Most cores of one job on one node.</summary>
    public const int MostCores = 4096;

    /// <summary>Most nodes of one job: more than any machine has (Frontier 9,408, Titan 18,688).</summary>
    public const int MostNodesOfJob = 100_000;

    /// <summary>Most named counters of one job or node, and the longest name: they stand in the name of a file.</summary>
    public const int MostCounters = 4;
    public const int LongestCounterName = 16;

    /// <summary>Greatest amount of one counter.</summary>
    public const int MostCounted = 1_000_000;

    /// <summary>Most memory or disk of one job, MiB: 1 PiB.</summary>
    public const long MostMib = 1024L * 1024 * 1024;

    /// <summary>
    /// New attempts of one kind (shallow, deep) that a job gets at most, and that it gets when it says nothing: gLite's system limit and default.
    /// </summary>
    public const int MostRetries = 10;
    public const int DefaultRetries = 3;

    /// <summary>Before the second new attempt, doubled with each, up to the longest; the first one waits for nothing.</summary>
    public static readonly TimeSpan FirstRetryPause = TimeSpan.FromSeconds(10);
    public static readonly TimeSpan LongestRetryPause = TimeSpan.FromMinutes(5);

    /// <summary>Greatest absolute priority.</summary>
    public const int GreatestPriority = 1_000_000;

    /// <summary>Greatest price.</summary>
    public const double GreatestPrice = 1_000_000;

    /// <summary>Mail addresses of one job, and the longest: what mail programs take (RFC 5321).</summary>
    public const int MostAddresses = 10, LongestAddress = 254;

    /// <summary>Tokens under one signature: signing and checking cost each a sixteenth, and the way up the tree adds 171 characters to a token.</summary>
    public const int TokensPerSignature = 16;

    /// <summary>Good signatures, and headers, that a verifier remembers; those of one queue file come one after the other.</summary>
    public const int SignaturesRemembered = 1024, HeadersRemembered = 16;
}
