using HpcGrid.Core;

namespace HpcGrid.Central.Identity;

/// <summary>What an account may do.</summary>
public enum Role
{
    /// <summary>Their own jobs and files.</summary>
    User,
    /// <summary>Everybody's.</summary>
    Admin,
    /// <summary>Take jobs for a site and report on them; nothing else.</summary>
    Bridge,
}

/// <summary>Who sent a request, proven by a certificate.</summary>
public sealed record Caller(string Name, Role Role, DateTimeOffset? CertificateEnds)
{
    public bool IsAdmin => Role == Role.Admin;

    /// <summary>Throws GridError(Denied) for a bridge: it acts for jobs, it owns none.</summary>
    public void MustBePerson()
    {
        if (Role == Role.Bridge) throw GridError.Denied($"{Name} is a bridge and has no jobs or files of its own", "Use a user's certificate.");
    }

    /// <summary>Throws GridError(Denied) unless the caller is a bridge.</summary>
    public void MustBeBridge()
    {
        if (Role != Role.Bridge) throw GridError.Denied($"only a bridge may ask for this, {Name} is not one",
            "Make one: hpcgrid-central user add NAME --role bridge.");
    }
}

/// <summary>Names of roles, and of accounts.</summary>
public static class AccountRules
{
    public static string Text(this Role role) => role switch
    {
        Role.User => "user",
        Role.Admin => "admin",
        Role.Bridge => "bridge",
        _ => throw new InvalidOperationException($"role {role} has no name"),
    };

    /// <summary>Throws GridError(Invalid) for anything that is not a role.</summary>
    public static Role ParseRole(string text) => text switch
    {
        "user" => Role.User,
        "admin" => Role.Admin,
        "bridge" => Role.Bridge,
        _ => throw GridError.Invalid($"'{text}' is not a role", "Roles are user, admin and bridge."),
    };

    /// <summary>Throws GridError(Invalid) unless it serves as a directory name, a certificate's CN and a word in a message.</summary>
    public static string CheckName(string name) =>
        name.Length is > 0 and <= 32 && char.IsAsciiLetter(name[0]) && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.')
            && !name.EndsWith('.')
            ? name
            : throw GridError.Invalid($"'{name}' is not an account name", "Up to 32 ASCII letters, digits, '-', '_' and '.', starting with a letter.");

    /// <summary>"/vo/user/j/jdoe".</summary>
    public static string Home(string vo, string name) => $"/{vo}/user/{char.ToLowerInvariant(name[0])}/{name}";
}
