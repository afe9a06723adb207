using HpcGrid.Central.Identity;
using HpcGrid.Core.Api;

namespace HpcGrid.Central.Api;

/// <summary>Who is at the other end of a connection, and how to send them a hint. Hints are dropped when they read too slowly.</summary>
public sealed record ApiClient(Guid Connection, Caller Caller, Action<Push> Send);
