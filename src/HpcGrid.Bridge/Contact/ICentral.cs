using HpcGrid.Core.Api;

namespace HpcGrid.Bridge.Contact;

/// <summary>Central as the bridge sees it: the one edge where the conversation leaves the process.</summary>
public interface ICentral
{
    /// <summary>A connection is open and the bridge has introduced itself on it.</summary>
    bool IsConnected { get; }

    /// <summary>Asks central. Throws its GridError; Unavailable when it cannot be reached.</summary>
    Task<TReply> Call<TReply>(Request<TReply> request, CancellationToken ct) where TReply : Reply;
}
