using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace Quorate.Tests.Purity;

/// <summary>
/// What a compiled assembly refers to, read from its metadata. It shows what the compiler made of the source, foreach and
/// records included, which an analyzer of the source does not see.
/// </summary>
internal sealed class CompiledAssembly : IDisposable
{
    private readonly PEReader _file;
    private readonly MetadataReader _metadata;

    public CompiledAssembly(string path)
    {
        _file = new PEReader(File.OpenRead(path));
        _metadata = _file.GetMetadataReader();
    }

    public IReadOnlyList<string> ReferencedAssemblies =>
        Sorted(_metadata.AssemblyReferences.Select(handle => _metadata.GetString(_metadata.GetAssemblyReference(handle).Name)));

    /// <summary>Types of other assemblies, by full name.</summary>
    public IReadOnlyList<string> ReferencedTypes =>
        Sorted(_metadata.TypeReferences.Select(handle => FullName(_metadata.GetTypeReference(handle))));

    /// <summary>Members of types of other assemblies that the code uses, as Namespace.Type::Member.</summary>
    public IReadOnlyList<string> ReferencedMembers => Sorted(_metadata.MemberReferences.Select(NameOf).OfType<string>());

    /// <summary>Pairs of this assembly's types, each outermost, of which the first refers to the second in declaration or code.</summary>
    public IReadOnlyList<(TypeName From, TypeName To)> InternalReferences()
    {
        var pairs = new HashSet<(TypeName, TypeName)>();
        foreach (var handle in _metadata.TypeDefinitions)
        {
            var walk = new TypeReferences(_file, _metadata);
            walk.AddType(handle);
            var from = Outermost(handle);
            pairs.UnionWith(walk.Found.Select(to => (from, Outermost(to))).Where(pair => pair.Item1 != pair.Item2));
        }
        return [.. pairs.Order()];
    }

    public void Dispose() => _file.Dispose();

    private static string[] Sorted(IEnumerable<string> names) => [.. names.Distinct().Order(StringComparer.Ordinal)];

    private string? NameOf(MemberReferenceHandle handle)
    {
        var member = _metadata.GetMemberReference(handle);
        var name = _metadata.GetString(member.Name);
        var parent = member.Parent.Kind == HandleKind.TypeSpecification
            ? GenericDefinition(_metadata.GetTypeSpecification((TypeSpecificationHandle)member.Parent))
            : member.Parent;
        return parent.Kind == HandleKind.TypeReference
            ? $"{FullName(_metadata.GetTypeReference((TypeReferenceHandle)parent))}::{name}"
            : null;
    }

    /// <summary>The type that a generic instantiation instantiates; nil for arrays, pointers and parameters.</summary>
    private EntityHandle GenericDefinition(TypeSpecification specification)
    {
        var blob = _metadata.GetBlobReader(specification.Signature);
        if (blob.ReadSignatureTypeCode() != SignatureTypeCode.GenericTypeInstance)
            return default;
        _ = blob.ReadCompressedInteger();
        return blob.ReadTypeHandle();
    }

    private string FullName(TypeReference type)
    {
        var name = _metadata.GetString(type.Name);
        return type.ResolutionScope.Kind == HandleKind.TypeReference
            ? $"{FullName(_metadata.GetTypeReference((TypeReferenceHandle)type.ResolutionScope))}+{name}"
            : $"{_metadata.GetString(type.Namespace)}.{name}";
    }

    private TypeName Outermost(TypeDefinitionHandle handle)
    {
        var type = _metadata.GetTypeDefinition(handle);
        return type.GetDeclaringType() is { IsNil: false } outer
            ? Outermost(outer)
            : new(_metadata.GetString(type.Namespace), _metadata.GetString(type.Name));
    }
}

internal readonly record struct TypeName(string Namespace, string Name) : IComparable<TypeName>
{
    public int CompareTo(TypeName other) => string.CompareOrdinal(ToString(), other.ToString());

    public override string ToString() => $"{Namespace}.{Name}";
}
