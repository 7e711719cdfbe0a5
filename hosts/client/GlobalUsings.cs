global using Quorate.Kernel.Clients;
global using Quorate.Kernel.Ground;
global using Quorate.Kernel.Recipes;
global using Quorate.Kernel.Wire;
