namespace HpcGrid.Simulate.Fs;

/// <summary>
/// The rows of the failure catalogue (PROTOCOL 8). Each is injected by the simulation, counted where it really happened, and named in reports by its id.
/// </summary>
internal enum FaultRow
{
    /// <summary>rename done, an error answered.</summary>
    R1,
    /// <summary>rename not done, success answered.</summary>
    R2,
    /// <summary>rename done later, after other operations.</summary>
    R3,
    /// <summary>rename executed again later, by a retransmission.</summary>
    R4,
    /// <summary>EXDEV.</summary>
    R5,
    /// <summary>link answered well and is not there.</summary>
    L1,
    /// <summary>link: EEXIST to everybody.</summary>
    L2,
    /// <summary>link: not supported.</summary>
    L3,
    /// <summary>Exclusive creation and mkdir: EEXIST though nobody owns it.</summary>
    X1,
    /// <summary>A new name is listed late.</summary>
    V1,
    /// <summary>A new name stays hidden until the directory changes again.</summary>
    V2,
    /// <summary>A listing is partial or repeats names.</summary>
    V3,
    /// <summary>A removed name is listed on.</summary>
    V4,
    /// <summary>A name is believed absent though it is there.</summary>
    V5,
    /// <summary>A renamed directory goes on under its old path.</summary>
    V6,
    /// <summary>Old content under a path.</summary>
    P1,
    /// <summary>ESTALE at open, read or close.</summary>
    P2,
    /// <summary>Content changes in the middle of reading.</summary>
    P3,
    /// <summary>Empty, short or partly zeroed content, or one bit of it turned.</summary>
    P4,
    /// <summary>ENOSPC at write, fsync or close.</summary>
    W1,
    /// <summary>EDQUOT at write, fsync or close.</summary>
    W2,
    /// <summary>A short write.</summary>
    W3,
    /// <summary>EIO at fsync.</summary>
    W4,
    /// <summary>EROFS.</summary>
    W5,
    /// <summary>EACCES.</summary>
    W6,
    /// <summary>Operations hang: for seconds, for minutes, until the end.</summary>
    S1,
    /// <summary>ENOTCONN.</summary>
    S2,
    /// <summary>The client is evicted: EIO for everything.</summary>
    S3,
    /// <summary>The server restarts and loses what was not synced.</summary>
    S4,
    /// <summary>The filesystem is not mounted.</summary>
    S5,
    /// <summary>An agent is stopped and wakes before or after its fence.</summary>
    Z1,
    /// <summary>An agent goes on in directories it has open.</summary>
    Z2,
    /// <summary>An agent claims after its fence.</summary>
    Z3,
    /// <summary>A fenced agent's directory is made again.</summary>
    Z4,
    /// <summary>A node comes back with the same name, batch job and process number.</summary>
    Z5,
    /// <summary>Two agents with one name.</summary>
    Z6,
    /// <summary>A wall clock jumps.</summary>
    T1,
    /// <summary>A monotonic clock drifts.</summary>
    T2,
    /// <summary>The login node sleeps.</summary>
    T3,
    /// <summary>A very slow agent.</summary>
    T4,
    /// <summary>The bridge is killed.</summary>
    B1,
    /// <summary>A second bridge.</summary>
    B2,
    /// <summary>The ledger is lost.</summary>
    B3,
    /// <summary>The ledger's disk is full.</summary>
    B4,
    /// <summary>The batch system fails or lies.</summary>
    B5,
    /// <summary>Alien files.</summary>
    G1,
    /// <summary>Names with bad syntax.</summary>
    G2,
    /// <summary>A huge file.</summary>
    G3,
    /// <summary>A planted symbolic link.</summary>
    G4,
    /// <summary>Very many files in the pool.</summary>
    M1,
    /// <summary>Very many agents.</summary>
    M2,
    /// <summary>A listing while names are renamed: some are missed or seen twice.</summary>
    M3,
}
