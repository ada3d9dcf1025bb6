"""The fields of research in words: what each of arXiv's categories is about, in a few phrases one can edit.

Papers that come without categories are compared with these (`broadsheet.subjects.guesses`).
"""

# The list is data.
# ruff: noqa: E501

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final


@dataclass(frozen=True, slots=True)
class Field:
    """A category: its name in words and phrases that say what its papers are about."""

    category: str
    name: str
    phrases: tuple[str, ...]


_FIELDS: Final = """
astro-ph.CO | Cosmology | cosmic microwave background and inflation; dark energy and dark matter; large-scale structure of the universe
astro-ph.EP | Planets | exoplanets and their atmospheres; planet formation and protoplanetary discs; asteroids, comets and the solar system
astro-ph.GA | Galaxies | galaxy formation and evolution; the Milky Way and its stars; interstellar medium and active galactic nuclei
astro-ph.HE | High energy astrophysics | black holes, neutron stars and pulsars; gamma-ray bursts and supernova remnants; cosmic rays and X-ray sources
astro-ph.IM | Astronomical instruments | telescopes, detectors and spectrographs; pipelines for astronomical data; calibration of surveys
astro-ph.SR | Stars and the sun | stellar evolution and asteroseismology; solar flares and the corona; binary stars and white dwarfs
cond-mat.dis-nn | Disordered systems | spin glasses and localisation; random media; statistical physics of neural networks
cond-mat.mes-hall | Mesoscopic physics | quantum dots and nanowires; topological insulators and the quantum Hall effect; transport in two-dimensional materials
cond-mat.mtrl-sci | Materials | first-principles calculations of crystals; thin films and alloys; magnetic, optical and mechanical properties of materials
cond-mat.quant-gas | Quantum gases | Bose-Einstein condensates; ultracold atoms in optical lattices; Fermi gases
cond-mat.soft | Soft matter | polymers, colloids and gels; active matter; liquid crystals, foams and membranes
cond-mat.stat-mech | Statistical mechanics | phase transitions and critical phenomena; non-equilibrium thermodynamics; stochastic processes of particles
cond-mat.str-el | Strongly correlated electrons | Mott insulators and quantum magnets; spin liquids; heavy fermions and Hubbard models
cond-mat.supr-con | Superconductivity | high-temperature superconductors; vortices and Josephson junctions; pairing mechanisms
cs.AI | Artificial intelligence | planning and reasoning; knowledge representation and ontologies; agents that decide and plan; search and constraint solving
cs.AR | Hardware | processor and memory architecture; accelerators and FPGAs; hardware for neural networks
cs.CC | Computational complexity | complexity classes and reductions; lower bounds; hardness of approximation
cs.CE | Computational science | simulation in engineering and finance; finite element models; scientific computing applications
cs.CG | Computational geometry | algorithms for points, polygons and triangulations; geometric data structures; visibility and Voronoi diagrams
cs.CL | Language | natural language processing; large language models; machine translation, question answering and summarisation; speech and dialogue
cs.CR | Security | cryptography and protocols; malware, attacks and intrusion; privacy and authentication
cs.CV | Vision | images and video; object detection and segmentation; image generation and recognition; 3D reconstruction and pose
cs.CY | Computers and society | ethics and fairness of technology; education with computers; policy and social effects of computing
cs.DB | Databases | query processing and optimisation; data management and integration; transactions and storage
cs.DC | Distributed computing | parallel and cluster computing; cloud and consensus; scheduling over many machines
cs.DL | Digital libraries | citations and bibliometrics; scholarly publishing; archives and metadata
cs.DM | Discrete mathematics | graphs and combinatorial optimisation; colourings and matchings; discrete structures in computing
cs.DS | Algorithms | data structures and approximation algorithms; graph algorithms; streaming and online algorithms
cs.ET | Emerging technologies | memristors and neuromorphic devices; DNA and quantum computing devices; unconventional computing
cs.FL | Formal languages | automata and regular languages; grammars; decidability of languages
cs.GL | Computing in general | surveys and history of computing; the profession of computing
cs.GR | Graphics | rendering and ray tracing; meshes and animation; simulation of cloth and light
cs.GT | Game theory | auctions and mechanism design; equilibria of games; markets and social choice
cs.HC | Human and computer | user studies and interfaces; visualisation; virtual reality and accessibility
cs.IR | Retrieval | recommender systems; web search and ranking; document retrieval and user behaviour
cs.IT | Information theory | channel coding and capacity; wireless communication; compression and error-correcting codes
cs.LG | Learning | training of neural networks; reinforcement learning; representation learning and generalisation; graph neural networks and federated learning
cs.LO | Logic in computing | model checking and verification; type theory and proof assistants; temporal and modal logic
cs.MA | Agents | multi-agent systems; cooperation and negotiation of agents; swarms
cs.MM | Multimedia | audio and video together; streaming and watermarking; multimodal content
cs.MS | Mathematical software | numerical libraries; automatic differentiation; software for linear algebra
cs.NA | Numerical analysis | discretisation of differential equations; iterative solvers; error estimates
cs.NE | Neural and evolutionary computing | genetic and evolutionary algorithms; spiking neural networks; swarm optimisation
cs.NI | Networks | internet protocols and routing; 5G and wireless networks; traffic and internet of things
cs.OH | Computing, other | computing topics that fit nowhere else
cs.OS | Operating systems | kernels and file systems; scheduling and virtual memory
cs.PF | Performance | queueing models and measurement of computer performance; benchmarks
cs.PL | Programming languages | compilers and type systems; program analysis and synthesis; semantics of languages
cs.RO | Robotics | robots that walk, grasp and fly; motion planning and control; localisation and mapping; manipulation
cs.SC | Symbolic computation | computer algebra; Groebner bases and polynomial systems
cs.SD | Sound | music and audio; speech recognition and synthesis; sound events and source separation
cs.SE | Software engineering | testing and bugs; code review and repositories; requirements, maintenance and developers
cs.SI | Social networks | communities and influence in social media; spread of information; network analysis of people
cs.SY | Control systems | feedback control and stability; power systems; cyber-physical systems
econ.EM | Econometrics | causal inference and estimation from economic data; panel data and instruments
econ.GN | Economics | labour, trade and growth; empirical economics; inequality and policy
econ.TH | Economic theory | preferences and incentives; contracts and matching markets
eess.AS | Audio and speech | speech recognition and enhancement; speaker verification; speech synthesis
eess.IV | Imaging | medical image segmentation; MRI and CT reconstruction; image compression and restoration
eess.SP | Signal processing | radar and sensing; MIMO and channel estimation; biomedical signals such as EEG
eess.SY | Systems and control | optimal and robust control; power grids and energy; autonomous vehicles and stability
gr-qc | General relativity | black holes and gravitational waves; modified gravity; cosmological solutions and quantum gravity
hep-ex | High energy experiments | measurements at the Large Hadron Collider; neutrino detectors; searches for new particles
hep-lat | Lattice field theory | lattice QCD; Monte Carlo simulation of gauge theories
hep-ph | High energy phenomenology | physics beyond the standard model; Higgs and neutrino physics; QCD predictions for colliders; dark matter candidates
hep-th | High energy theory | string theory and supersymmetry; gauge theory and holography; conformal field theory
math-ph | Mathematical physics | rigorous quantum mechanics; integrable systems; statistical mechanics as mathematics
math.AC | Commutative algebra | ideals, modules and local rings; homological algebra of rings
math.AG | Algebraic geometry | varieties, schemes and moduli; sheaves and cohomology; birational geometry
math.AP | Partial differential equations | existence and regularity of solutions; Navier-Stokes and wave equations; elliptic and parabolic problems
math.AT | Algebraic topology | homotopy and homology; spectra and K-theory
math.CA | Classical analysis | inequalities, Fourier series and special functions; ordinary differential equations
math.CO | Combinatorics | graphs, trees and hypergraphs; enumeration and partitions; extremal problems
math.CT | Category theory | functors, monads and higher categories; topos theory
math.CV | Complex variables | holomorphic functions; several complex variables; conformal maps
math.DG | Differential geometry | curvature and Riemannian manifolds; minimal surfaces; geometric flows
math.DS | Dynamical systems | ergodic theory; chaos and bifurcation; billiards and flows
math.FA | Functional analysis | Banach and Hilbert spaces; operators and norms; function spaces
math.GM | Mathematics, general | mathematics that fits nowhere else; elementary proofs of famous conjectures
math.GN | General topology | topological spaces, continuity and compactness
math.GR | Group theory | finite and infinite groups; representations and presentations; geometric group theory
math.GT | Geometric topology | knots and 3-manifolds; mapping class groups; surfaces
math.HO | History of mathematics | history, philosophy and teaching of mathematics
math.IT | Information theory | codes, entropy and channels as mathematics
math.KT | K-theory and homology | algebraic and operator K-theory; cyclic homology
math.LO | Logic | set theory and forcing; model theory; computability and proof theory
math.MG | Metric geometry | convex bodies, packings and distances; discrete geometry
math.NA | Numerical mathematics | finite elements and numerical schemes; convergence of discretisations; numerical linear algebra
math.NT | Number theory | primes, modular forms and L-functions; elliptic curves; Diophantine equations
math.OA | Operator algebras | C*-algebras and von Neumann algebras
math.OC | Optimisation | convex and nonconvex optimisation; gradient methods and their convergence; optimal control and linear programming
math.PR | Probability | random walks and Brownian motion; stochastic differential equations; limit theorems and percolation
math.QA | Quantum algebra | quantum groups, Hopf algebras and vertex algebras
math.RA | Rings and algebras | noncommutative rings; Lie and Jordan algebras
math.RT | Representation theory | representations of Lie algebras and groups; quivers and categories of modules
math.SG | Symplectic geometry | Hamiltonian systems; Floer homology; contact structures
math.SP | Spectral theory | eigenvalues of operators; Schroedinger operators; spectra of graphs
math.ST | Statistical theory | estimators, tests and their asymptotics; high-dimensional statistics
nlin.AO | Self-organisation | synchronisation of oscillators; adaptive and self-organising systems
nlin.CD | Chaos | chaotic dynamics; turbulence and strange attractors
nlin.CG | Cellular automata | cellular automata and lattice gases
nlin.PS | Pattern formation | solitons and pattern formation; nonlinear waves
nlin.SI | Integrable systems | solitons and exactly solvable equations; Lax pairs
nucl-ex | Nuclear experiments | heavy-ion collisions; measurements of nuclei and decays
nucl-th | Nuclear theory | nuclear structure and forces; quark-gluon plasma; nuclear matter
physics.acc-ph | Accelerators | particle beams, magnets and accelerators
physics.ao-ph | Atmosphere and ocean | weather and climate models; ocean circulation; clouds and rain
physics.app-ph | Applied physics | devices, sensors and semiconductors; energy harvesting; photonic and acoustic metamaterials
physics.atm-clus | Clusters | atomic and molecular clusters and their properties
physics.atom-ph | Atomic physics | atomic clocks, spectroscopy and laser cooling; cold atoms and ions
physics.bio-ph | Biological physics | proteins, cells and molecular motors; biomechanics; physics of living matter
physics.chem-ph | Chemical physics | quantum chemistry and density functional theory; molecular dynamics; reactions and spectra
physics.class-ph | Classical physics | mechanics, acoustics and classical electrodynamics
physics.comp-ph | Computational physics | numerical methods and simulations in physics; machine-learned potentials
physics.data-an | Data analysis in physics | statistical methods for experiments; time series; event reconstruction
physics.ed-ph | Physics education | teaching and learning of physics; students and laboratories
physics.flu-dyn | Fluid dynamics | turbulence and boundary layers; droplets and bubbles; flow simulation
physics.gen-ph | General physics | speculative and general ideas in physics
physics.geo-ph | Geophysics | earthquakes and seismic waves; inversion of the subsurface; the earth's interior
physics.hist-ph | History of physics | history and philosophy of physics
physics.ins-det | Detectors | particle detectors, calorimeters and readout electronics
physics.med-ph | Medical physics | radiotherapy and dose; imaging devices and scanners
physics.optics | Optics | lasers, photonics and nonlinear optics; imaging with light; waveguides and metasurfaces
physics.plasm-ph | Plasma physics | fusion and tokamaks; laser plasma; plasma waves and instabilities
physics.pop-ph | Popular physics | physics for everybody
physics.soc-ph | Physics and society | epidemics and networks of people; opinion dynamics; mobility and cities
physics.space-ph | Space physics | solar wind and magnetosphere; space weather
q-bio.BM | Biomolecules | protein structure, folding and design; DNA and RNA; drug molecules
q-bio.CB | Cell behaviour | cell growth, motility and signalling
q-bio.GN | Genomics | genomes, sequencing and gene expression
q-bio.MN | Molecular networks | gene regulation and metabolic networks
q-bio.NC | Neurons and cognition | brain activity and connectivity; models of neurons; perception and memory
q-bio.OT | Biology, other | biology that fits nowhere else
q-bio.PE | Populations and evolution | epidemic models; ecology and evolution; phylogenetic trees
q-bio.QM | Quantitative methods | models and data analysis for biology and medicine; microscopy and clinical data
q-bio.SC | Subcellular processes | processes inside the cell; membranes and transport
q-bio.TO | Tissues and organs | tumours, tissues and blood flow
q-fin.CP | Computational finance | Monte Carlo and numerical methods for finance; deep hedging
q-fin.EC | Economics in finance | economics of markets and institutions
q-fin.GN | Finance, general | financial markets in general; cryptocurrencies
q-fin.MF | Mathematical finance | arbitrage, hedging and stochastic volatility
q-fin.PM | Portfolio management | portfolio selection and allocation
q-fin.PR | Pricing | option pricing and interest-rate models
q-fin.RM | Risk | credit risk and value at risk; insurance
q-fin.ST | Statistical finance | returns, volatility and correlations of stock prices
q-fin.TR | Trading | order books, execution and market making
quant-ph | Quantum physics | quantum computing and error correction; entanglement and quantum information; quantum algorithms and measurement
stat.AP | Applied statistics | statistical analysis of data in medicine, environment and society
stat.CO | Statistical computing | Markov chain Monte Carlo; sampling and software for statistics
stat.ME | Statistical methods | causal inference and clinical trials; regression and Bayesian models; missing data
stat.ML | Statistical learning | kernel methods and Gaussian processes; theory of machine learning; Bayesian deep learning; bandits
stat.OT | Statistics, other | the practice and teaching of statistics
"""


@cache
def every() -> tuple[Field, ...]:
    """All fields, by category.

    >>> every()[0].category, len(every()) > 100
    ('astro-ph.CO', True)
    """
    rows = (line.split(" | ") for line in _FIELDS.strip().splitlines())
    return tuple(Field(category, name, tuple(phrases.split("; "))) for category, name, phrases in rows)


def named(category: str) -> str:
    """A category's name in words, or '' for one nobody lists.

    >>> named("cs.CV"), named("astro-ph.XX")
    ('Vision', '')
    """
    return next((field.name for field in every() if field.category == category), "")
