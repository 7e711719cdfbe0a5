using System.Text;
using CsCheck;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Trees;

namespace Quorate.Tests.Trees;

/// <summary>One random step, as numbers that are read against the present state of the model; so every case means something.</summary>
internal readonly record struct TreeOp(int Kind, int Where, int What, int How)
{
    private static readonly Gen<int> Number = CsCheck.Gen.Int[0, 999];

    public static readonly Gen<TreeOp> Gen =
        CsCheck.Gen.Select(CsCheck.Gen.Int[0, 99], Number, Number, Number, (kind, where, what, how) => new TreeOp(kind, where, what, how));
}

/// <summary>A tree and its model, driven together.</summary>
internal sealed class TreePair
{
    private static readonly string[] Names = ["a", "b", "c", "dd", "é", "a-rather-long-name-0000000001"];
    private static readonly string[] QuotaNames = ["a", "b", "zookeeper_limits", "zookeeper_stats", "zookeeper_limits", "zookeeper_stats"];
    private static readonly int[] Sizes = [0, 1, 7, 8, 9, 40, 100, 257, 300, 5000, 16384, 16385, 40000];

    private long _zxid = 1;

    public TreePair(ulong hashKey = 0x1234) => (Tree, Model) = (new(hashKey), new());

    /// <summary>Another tree, which is to go on like <paramref name="other"/>'s.</summary>
    public TreePair(Tree tree, TreePair other) => (Tree, Model, _zxid) = (tree, other.Model.Clone(), other._zxid);

    public Tree Tree { get; }

    public TreeModel Model { get; }

    public void Do(TreeOp op)
    {
        switch (op.Kind)
        {
            case < 45:
                Create(op);
                break;
            case < 60:
                Delete(op);
                break;
            case < 75:
                SetData(op);
                break;
            case < 82:
                SetAcl(op);
                break;
            case < 89:
                if (!Model.InTransaction)
                    Begin();
                break;
            case < 93:
                EndTransaction(commit: true);
                break;
            case < 96:
                EndTransaction(commit: false);
                break;
            case < 99:
                CreateQuota(op);
                break;
            default:
                if (!Model.InTransaction)
                    Tree.Acls.Sweep();
                break;
        }
        if (!Model.InTransaction)
            _zxid++;
        var (path, count, bytes) = (Existing(op), op.What % 3 - 1, op.How % 21 - 10);
        Assert.Equal(Model.Allows(path, count, bytes), Tree.Quotas.Allows(TreeTalk.Bytes(path), count, bytes));
    }

    public void Begin()
    {
        Tree.Begin();
        Model.Begin();
    }

    public void EndTransaction(bool commit)
    {
        if (!Model.InTransaction)
            return;
        if (commit)
        {
            Tree.Commit();
            Model.Commit();
        }
        else
        {
            Tree.Rollback();
            Model.Rollback();
        }
    }

    private string Existing(TreeOp op) => Model.Paths[op.Where % Model.Paths.Count];

    private void Create(TreeOp op)
    {
        var parent = Existing(op);
        var names = parent.StartsWith("/zookeeper/quota", StringComparison.Ordinal) ? QuotaNames : Names;
        Create(op, parent, (parent == "/" ? "/" : parent + "/") + names[op.What % names.Length]);
    }

    /// <summary>A quota for an existing path: the znodes that mirror it, the limits and the stats.</summary>
    private void CreateQuota(TreeOp op)
    {
        var home = "/zookeeper/quota";
        foreach (var name in (Existing(op) + "/zookeeper_limits").Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            var plain = op with { How = 9 };
            if (name == "zookeeper_limits")
                Create(plain, home, home + "/zookeeper_stats");
            Create(name == "zookeeper_limits" ? op with { How = 10 * op.How + 9 } : plain, home, home + "/" + name);
            home += "/" + name;
        }
    }

    private void Create(TreeOp op, string parent, string path)
    {
        if (!Model.Has(parent) || Model.Has(path) || path.Count(c => c == '/') > 9 || Owners.Session(Model[parent].Owner) != SessionId.None)
            return;
        var owner = (op.How % 10) switch { 0 or 1 => 1 + op.What % 3, 2 => Owners.Container, 3 => Owners.Ttl(1000), _ => 0 };
        var (data, acl) = (Data(op, path), Lists.All[op.How % 7 % Lists.All.Length]);
        Model.Create(path, data, acl, owner, _zxid, _zxid * 1000);
        var id = Tree.Acls.Intern(Lists.Read(acl));
        var slot = Tree.Create(Tree.Find(parent), TreeTalk.Bytes(path), data, data is null, id, owner, new(_zxid), _zxid * 1000);
        Assert.Equal(slot, Tree.Find(path));
    }

    private void Delete(TreeOp op)
    {
        var path = Existing(op);
        if (path == "/" || Model.Children(path).Count > 0)
            return;
        Model.Delete(path, _zxid);
        Tree.Delete(Tree.Find(path), new(_zxid));
        Assert.Equal(Tree.None, Tree.Find(path));
    }

    private void SetData(TreeOp op)
    {
        var path = Existing(op);
        var data = Data(op, path);
        Model.SetData(path, data, _zxid, _zxid * 1000);
        Tree.SetData(Tree.Find(path), data, data is null, new(_zxid), _zxid * 1000);
    }

    private void SetAcl(TreeOp op)
    {
        var acl = Lists.All[op.How % Lists.All.Length];
        Model.SetAcl(Existing(op), acl);
        Tree.SetAcl(Tree.Find(Existing(op)), Tree.Acls.Intern(Lists.Read(acl)));
    }

    private static byte[]? Data(TreeOp op, string path)
    {
        if (path.EndsWith("zookeeper_limits", StringComparison.Ordinal))
            return Encoding.UTF8.GetBytes($"count=-1,bytes=1=;byteHardLimit={op.How % 40};countHardLimit={op.What % 5}");
        if (op.What % 11 == 0)
            return null;
        var data = new byte[Sizes[(op.What + op.How) % Sizes.Length]];
        Array.Fill(data, (byte)op.How);
        return data;
    }
}
