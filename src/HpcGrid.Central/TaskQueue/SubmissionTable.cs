using HpcGrid.Central.Database;
using HpcGrid.Core.Api;

namespace HpcGrid.Central.TaskQueue;

/// <summary>What was answered to a submission with an idempotency key.</summary>
public sealed record SubmissionRow(string Digest, Submitted Answer);

/// <summary>Rows of submissions with a key.</summary>
public static class SubmissionTable
{
    public static SubmissionRow? Find(Session session, string owner, string key) =>
        session.First("SELECT digest, job, subjobs FROM submission WHERE owner = $1 AND key = $2",
            reader => new SubmissionRow(reader.GetString(0), new Submitted(reader.GetInt64(1), (int)reader.GetInt64(2))), owner, key);

    public static void Insert(Session session, string owner, string key, SubmissionRow row) =>
        session.Execute("INSERT INTO submission (owner, key, digest, job, subjobs) VALUES ($1, $2, $3, $4, $5)", owner, key, row.Digest,
            row.Answer.Job, row.Answer.Subjobs);
}
