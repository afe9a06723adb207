namespace HpcGrid.Central.Broker;

/// <summary>What is known of sites: what they offer, and how jobs do there.</summary>
public sealed record Sites(BridgeRoster Roster, SiteHealth Health);
