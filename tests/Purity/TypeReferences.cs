using System.Collections.Immutable;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;
using Quorate.Simulation.Programs;

namespace Quorate.Tests.Purity;

/// <summary>The types of the same assembly that one type refers to: in its bases, fields, signatures, locals and instructions.</summary>
internal sealed class TypeReferences(PEReader file, MetadataReader metadata) : ISignatureTypeProvider<bool, bool>
{
    private readonly HashSet<TypeDefinitionHandle> _found = [];

    public IReadOnlySet<TypeDefinitionHandle> Found => _found;

    public void AddType(TypeDefinitionHandle handle)
    {
        var type = metadata.GetTypeDefinition(handle);
        Add(type.BaseType);
        foreach (var implementation in type.GetInterfaceImplementations())
            Add(metadata.GetInterfaceImplementation(implementation).Interface);
        foreach (var parameter in type.GetGenericParameters())
            foreach (var constraint in metadata.GetGenericParameter(parameter).GetConstraints())
                Add(metadata.GetGenericParameterConstraint(constraint).Type);
        foreach (var field in type.GetFields())
            metadata.GetFieldDefinition(field).DecodeSignature(this, true);
        foreach (var method in type.GetMethods())
            AddMethod(metadata.GetMethodDefinition(method));
    }

    private void AddMethod(MethodDefinition method)
    {
        method.DecodeSignature(this, true);
        if (method.RelativeVirtualAddress == 0)
            return;
        var body = file.GetMethodBody(method.RelativeVirtualAddress);
        if (!body.LocalSignature.IsNil)
            metadata.GetStandaloneSignature(body.LocalSignature).DecodeLocalSignature(this, true);
        foreach (var region in body.ExceptionRegions)
            Add(region.CatchType);
        foreach (var token in Instructions.Tokens(body.GetILBytes()))
            Add(MetadataTokens.EntityHandle(token));
    }

    private void Add(EntityHandle handle)
    {
        switch (handle.Kind)
        {
            case var _ when handle.IsNil:
                break;
            case HandleKind.TypeDefinition:
                _found.Add((TypeDefinitionHandle)handle);
                break;
            case HandleKind.TypeSpecification:
                metadata.GetTypeSpecification((TypeSpecificationHandle)handle).DecodeSignature(this, true);
                break;
            case HandleKind.MethodDefinition:
                _found.Add(metadata.GetMethodDefinition((MethodDefinitionHandle)handle).GetDeclaringType());
                break;
            case HandleKind.FieldDefinition:
                _found.Add(metadata.GetFieldDefinition((FieldDefinitionHandle)handle).GetDeclaringType());
                break;
            case HandleKind.MemberReference:
                Add(metadata.GetMemberReference((MemberReferenceHandle)handle).Parent);
                break;
            case HandleKind.MethodSpecification:
                var specification = metadata.GetMethodSpecification((MethodSpecificationHandle)handle);
                Add(specification.Method);
                specification.DecodeSignature(this, true);
                break;
            default:
                break;
        }
    }

    // Signatures are decoded for what they pass by: the one definition below notes it, the rest only has to exist.
    public bool GetTypeFromDefinition(MetadataReader reader, TypeDefinitionHandle handle, byte rawTypeKind) => _found.Add(handle);

    public bool GetTypeFromSpecification(MetadataReader reader, bool genericContext, TypeSpecificationHandle handle, byte rawTypeKind) =>
        reader.GetTypeSpecification(handle).DecodeSignature(this, genericContext);

    public bool GetTypeFromReference(MetadataReader reader, TypeReferenceHandle handle, byte rawTypeKind) => true;

    public bool GetPrimitiveType(PrimitiveTypeCode typeCode) => true;

    public bool GetArrayType(bool elementType, ArrayShape shape) => true;

    public bool GetSZArrayType(bool elementType) => true;

    public bool GetByReferenceType(bool elementType) => true;

    public bool GetPointerType(bool elementType) => true;

    public bool GetPinnedType(bool elementType) => true;

    public bool GetModifiedType(bool modifier, bool unmodifiedType, bool isRequired) => true;

    public bool GetFunctionPointerType(MethodSignature<bool> signature) => true;

    public bool GetGenericInstantiation(bool genericType, ImmutableArray<bool> typeArguments) => true;

    public bool GetGenericMethodParameter(bool genericContext, int index) => true;

    public bool GetGenericTypeParameter(bool genericContext, int index) => true;
}
